"""The providers: what each needs, and its chat model. An SDK is imported when a pack chooses it, and not before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from antiphon.core.errors import ExtraMissing, SettingMissing
from antiphon.core.model import ModelName, split
from antiphon.language.models.chat import Chat

DRAFT_TOKENS = 1024  # at most, of an answer; Anthropic wants to be told


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """How a provider is reached, as the settings have it."""

    setting: str  # the one that sets it up, for messages: GEMINI_API_KEY
    key: str | None = field(default=None, repr=False)
    url: str | None = field(default=None, repr=False)  # another server than the provider's own; may hold a password
    model: str | None = None  # when a pack names only the provider

    @property
    def is_set_up(self) -> bool:
        """Whether it can be used: by a key, or because a server was named that may need none."""
        return bool(self.key or self.url)


Connections = Mapping[str, Connection]  # by provider

_EXTRAS = {  # provider to the package that its SDK comes in, and our extra
    "ollama": ("langchain_ollama", "ollama"),
    "google_genai": ("langchain_google_genai", "gemini"),
    "anthropic": ("langchain_anthropic", "anthropic"),
    "openai": ("langchain_openai", "openai"),
}


def open_chat(name: ModelName, connection: Connection, timeout_seconds: float) -> Chat:
    """The chat model of that name. The import takes up to two seconds; no request is made.

    Raises:
        SettingMissing, ExtraMissing: what has to be set, or installed.
    """
    provider, model = split(name)
    if not connection.is_set_up or (provider == "google_genai" and not connection.key):
        raise SettingMissing(name=connection.setting, what=f"the model {name}")
    package, extra = _EXTRAS[provider]
    if find_spec(package) is None or find_spec("langchain") is None:
        raise ExtraMissing(what=f"The model {name}", extra=extra)
    from langchain.chat_models import init_chat_model  # noqa: PLC0415 - half a second, and only where one is chosen

    options = _OPTIONS[provider](connection, timeout_seconds)
    return Chat(init_chat_model(model, model_provider=provider, **options))


def _ollama(connection: Connection, seconds: float) -> dict[str, Any]:
    return {"base_url": connection.url, "temperature": 0, "client_kwargs": {"timeout": seconds}}


def _gemini(connection: Connection, seconds: float) -> dict[str, Any]:
    # One try: the tries are ours. (0 would mean as many as Google likes.)
    return {**_hosted(connection, seconds), "max_retries": 1, "temperature": 0}


def _anthropic(connection: Connection, seconds: float) -> dict[str, Any]:
    return {**_hosted(connection, seconds), "max_retries": 0, "max_tokens": DRAFT_TOKENS}


def _openai(connection: Connection, seconds: float) -> dict[str, Any]:
    return {**_hosted(connection, seconds), "max_retries": 0, "use_responses_api": False}


def _hosted(connection: Connection, seconds: float) -> dict[str, Any]:
    url = {"base_url": connection.url} if connection.url else {}
    return {"api_key": connection.key or "none", "timeout": seconds, **url}  # a server of one's own may want no key


_OPTIONS = {"ollama": _ollama, "google_genai": _gemini, "anthropic": _anthropic, "openai": _openai}
