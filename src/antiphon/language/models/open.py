"""Models as packs choose them: opened once each, and put before the local providers."""

from collections.abc import Callable

from antiphon.core.errors import ModelUnknown
from antiphon.core.model import LOCAL, PROVIDERS, SCRIPTED, ModelName, split
from antiphon.core.pack import ModelsDef, PackDef
from antiphon.language.models.choice import Choice
from antiphon.language.models.drafting import ModelDrafter
from antiphon.language.models.judging import ModelScales
from antiphon.language.models.providers import Connections, open_chat
from antiphon.language.models.steady import SteadyModel
from antiphon.language.models.understanding import ModelClassifier
from antiphon.ports import Classifier, Drafter, Model, OnCall, Render, Scales


class Models:
    """The models of a process. Packs that name the same one share it, and what is known of its health."""

    def __init__(self, connections: Connections, *, timeout_seconds: float, on_call: OnCall) -> None:
        self._connections = connections
        self._seconds = timeout_seconds
        self._on_call = on_call
        self._opened: dict[ModelName, Model] = {}

    def choice(self, models: ModelsDef) -> Choice:
        """Who does what in a pack.

        Raises:
            ModelUnknown: as `Choice.of`.
        """
        return Choice.of(models, self._connections)

    def opened(self, name: ModelName) -> Model:
        """The model of that name, with its patience.

        Raises:
            ModelUnknown: there is no such provider.
            SettingMissing, ExtraMissing: as `open_chat`.
        """
        if name not in self._opened:
            provider, _ = split(name)
            if provider not in self._connections:
                raise ModelUnknown(model=name, reason=f"expected local or one of {', '.join(PROVIDERS)}")
            chat = open_chat(name, self._connections[provider], self._seconds)
            self._opened[name] = SteadyModel(name, chat, timeout_seconds=self._seconds, on_call=self._on_call)
        return self._opened[name]


class PackModels:
    """The models of one pack.

    Args:
        scripted: opens the script of `scripted:...`, which belongs to the pack's folder.
        prompts: renders the pack's prompts.
    """

    def __init__(
        self,
        pack: PackDef,
        models: Models,
        *,
        prompts: Render,
        scripted: Callable[[ModelName], Model],
        on_call: OnCall,
    ) -> None:
        self.choice = models.choice(pack.models)
        self._pack = pack
        self._models = models
        self._prompts = prompts
        self._scripted = scripted
        self._on_call = on_call
        self._scripts: dict[ModelName, Model] = {}

    def name_of(self, local: str) -> str:
        """The name of whoever understands, for the record; `local` is the encoder's."""
        return local if self.choice.understanding == LOCAL else self.choice.understanding

    def classifier(self, local: Classifier) -> Classifier:
        """Who understands."""
        model = self._opened(self.choice.understanding)
        return ModelClassifier(self._pack, model, local, self._prompts, self._on_call) if model else local

    def scales(self, local: Scales) -> Scales:
        """Who judges."""
        model = self._opened(self.choice.scales) if self._pack.scales else None
        return ModelScales(self._pack, model, local, self._prompts, self._on_call) if model else local

    def drafter(self) -> Drafter | None:
        """Who words answers; None when they are taken from the passages as they stand."""
        model = self._opened(self.choice.drafting)
        return ModelDrafter(self._pack, model, self._prompts, self._on_call) if model else None

    def _opened(self, name: ModelName) -> Model | None:
        if name == LOCAL:
            return None
        if split(name)[0] != SCRIPTED:
            return self._models.opened(name)
        if name not in self._scripts:
            self._scripts[name] = self._scripted(name)
        return self._scripts[name]
