"""Which model does what in a pack, given the providers that are set up. Nothing is imported or opened for it."""

from dataclasses import dataclass
from typing import Self

from antiphon.core.errors import ModelUnknown
from antiphon.core.model import LOCAL, PROVIDERS, SCRIPTED, ModelName, split
from antiphon.core.pack import ModelsDef
from antiphon.language.models.providers import Connections


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Who understands, judges and drafts."""

    understanding: ModelName
    scales: ModelName
    drafting: ModelName

    @classmethod
    def of(cls, models: ModelsDef, connections: Connections) -> Self:
        """What a pack names, else what it prefers if that is set up, else `local`.

        Raises:
            ModelUnknown: a provider is named without a model, and no setting says which.
        """
        preferred = _if_set_up(models.preferred, connections)
        understanding = models.understanding or preferred
        return cls(
            understanding=_whole(understanding, connections),
            scales=_whole(models.scales or understanding, connections),
            drafting=_whole(models.drafting or preferred, connections),
        )

    def __str__(self) -> str:
        return f"{self.understanding} to understand, {self.scales} to judge, {self.drafting} to draft"

    @property
    def is_local(self) -> bool:
        """Whether no model is used at all."""
        return {self.understanding, self.scales, self.drafting} == {LOCAL}


def _if_set_up(preferred: ModelName | None, connections: Connections) -> ModelName:
    if preferred is None:
        return LOCAL
    provider, _ = split(preferred)
    connection = connections.get(provider)
    return preferred if provider == SCRIPTED or (connection and connection.is_set_up) else LOCAL


def _whole(name: ModelName, connections: Connections) -> ModelName:
    """Provider and model."""
    provider, model = split(name)
    if provider in (LOCAL, SCRIPTED) or model:
        return name
    known = connections[provider].model if provider in connections else None
    if not known:
        expected = f"expected a model behind one of {', '.join(PROVIDERS)}, such as {provider}:..."
        raise ModelUnknown(model=name, reason=expected)
    return f"{provider}:{known}"
