"""What the keys of the settings file do. Each one is in one of two lists, and docs/settings-file.md shows both."""

from typing import Any, Final

from pydantic import BaseModel, SecretStr

from antiphon.settings_file.sections import LlmSection, SettingsFile

PACK: Final = "converse"

# What a key sets: a setting by its name in the environment, which wins when it is set there too.
EFFECTS: Final[dict[str, str]] = {
    "debug": "LOG_LEVEL, APP_ENV",
    "secret_key": "CONVERSE_SECRET_KEY",
    "llm.provider": "PACK_MODELS for converse",
    "llm.model": "PACK_MODELS for converse",
    "llm.api_key": "CONVERSE_LLM_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, by provider",
    "database.url": "DATABASE_URL",
    "database.store_backend": "whether url or store_file_dir counts; memory is kept in a file as well",
    "database.store_file_dir": "DATA_DIR",
    "database.redis_url": "REDIS_URL",
    "queue.backend": "whether queue.redis_url counts",
    "queue.redis_url": "REDIS_URL",
    "queue.retry_backoff_base": "RETRY_BACKOFF_SECONDS",
    "channels": "a setting each, such as WHATSAPP_ACCESS_TOKEN for credentials.access_token; `enabled: false` is off",
    "backend": "the backend that is opened; see backend.md",
    "timezone": "when scheduled rules fire",
    "rules": "rules of converse, beside the pack's; one with the id of a pack's takes its place",
}

# What is accepted so that a file written elsewhere loads, and why it does nothing.
UNUSED: Final[dict[str, str]] = {
    "app_name": "the product's name is not shown anywhere",
    "business_domain": "no prompt uses it yet",
    "llm.temperature": "prompts and models choose their own",
    "llm.max_tokens": "answers are limited elsewhere",
    "llm.system_prompt_template": "prompts are files of the pack",
    "queue.consumer_group": "the name is fixed",
    "queue.consumer_concurrency": "each process takes as much as it can work",
    "queue.delayed_promote_interval": "what is due is looked for every second",
    "state_maps": "their places are kept; the maps of the pack are used",
}

_KEY_OF = {"anthropic": "converse_llm_api_key", "openai": "openai_api_key", "google_genai": "gemini_api_key"}


def settings_in(file: SettingsFile) -> dict[str, Any]:
    """The settings that a file sets, by their names in `Settings`. What is empty sets nothing."""
    found: dict[str, Any] = {**_channels(file), **_debug(file.debug), **_models(file.llm), **_redis(file)}
    database = file.database
    if database.store_backend == "sql":
        found["database_url"] = _plain(database.url)
    elif database.store_backend == "file":
        found["data_dir"] = database.store_file_dir
    found["converse_secret_key"] = _plain(file.secret_key)
    found["retry_backoff_seconds"] = file.queue.retry_backoff_base
    return {name: value for name, value in found.items() if value is not None}


def without_effect(file: SettingsFile) -> list[str]:
    """What a file sets in vain, and why, for the log at the start."""
    return [f"{file.file}: `{key}` does nothing: {why}" for key, why in UNUSED.items() if _is_set(file, key.split("."))]


def _is_set(file: SettingsFile, path: list[str]) -> bool:
    found: Any = file
    for name in path:
        if not isinstance(found, BaseModel) or name not in found.model_fields_set:
            return False
        found = getattr(found, name)
    return bool(found)


def _debug(debug: bool | None) -> dict[str, Any]:
    if debug is None:
        return {}
    return {"log_level": "DEBUG", "app_env": "development"} if debug else {"app_env": "production"}


def _models(llm: LlmSection | None) -> dict[str, Any]:
    if llm is None:
        return {}
    model = llm.provider if llm.provider == "local" else f"{llm.provider}:{llm.model}"
    key = {_KEY_OF[llm.provider]: _plain(llm.api_key)} if llm.provider in _KEY_OF else {}
    return {"pack_models": {PACK: {"understanding": model, "drafting": model}}, **key}


def _channels(file: SettingsFile) -> dict[str, Any]:
    """Credentials under the channel's name; names that are no settings count for nothing."""
    return {
        f"{channel}_{name}": _plain(secret)
        for channel, section in file.channels.items()
        if section.enabled is not False
        for name, secret in section.credentials.items()
    }


def _redis(file: SettingsFile) -> dict[str, Any]:
    """One Redis for all that processes share; the queue's own counts when it is to be used."""
    own = _plain(file.queue.redis_url) if file.queue.backend == "redis" else None
    return {"redis_url": own or _plain(file.database.redis_url)}


def _plain(secret: SecretStr | None) -> str | None:
    return (secret.get_secret_value() or None) if secret else None
