"""CV.39: what each key of the settings file does to our settings; the environment wins; no key is silent."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from antiphon.backend import open_backend
from antiphon.backend.mock import MockBackend
from antiphon.settings import Settings
from antiphon.settings_file import EFFECTS, UNUSED, SettingsFile, without_effect
from tests.settings.conftest import Read, Write

PAGE = Path(__file__).parents[2] / "docs" / "settings-file.md"
URL = "postgresql://localhost/x"

CHANGES: list[tuple[str, str, dict[str, Any]]] = [  # key, text, and the settings that it makes
    ("debug", "debug: true", {"log_level": "DEBUG", "app_env": "development"}),
    ("debug", "debug: false", {"log_level": "INFO", "app_env": "production"}),
    ("secret_key", "secret_key: k", {"converse_secret_key": "k"}),
    ("secret_key", "secret_key: ''", {"converse_secret_key": None}),
    (
        "llm.provider",
        "llm: {provider: local}",
        {"pack_models": {"converse": {"understanding": "local", "drafting": "local"}}},
    ),
    (
        "llm.model",
        "llm: {provider: ollama, model: llama3}",
        {"pack_models": {"converse": {"understanding": "ollama:llama3", "drafting": "ollama:llama3"}}},
    ),
    ("llm.api_key", "llm: {api_key: k}", {"converse_llm_api_key": "k"}),
    ("llm.api_key", "llm: {provider: openai, api_key: k}", {"openai_api_key": "k", "converse_llm_api_key": None}),
    ("llm.api_key", "llm: {provider: google_genai, api_key: k}", {"gemini_api_key": "k"}),
    ("database.url", f"database: {{url: '{URL}'}}", {"database_url": URL}),
    ("database.url", "database: {url: ''}", {"database_url": None}),
    ("database.store_backend", f"database: {{store_backend: memory, url: '{URL}'}}", {"database_url": None}),
    (
        "database.store_file_dir",
        f"database: {{store_backend: file, store_file_dir: kept, url: '{URL}'}}",
        {"data_dir": Path("kept"), "database_url": None},
    ),
    ("database.redis_url", "database: {redis_url: 'redis://a'}", {"redis_url": "redis://a"}),
    (
        "queue.redis_url",
        "database: {redis_url: 'redis://a'}\nqueue: {backend: redis, redis_url: 'redis://b'}",
        {"redis_url": "redis://b"},
    ),
    ("queue.backend", "queue: {backend: memory, redis_url: 'redis://b'}", {"redis_url": None}),
    (
        "channels",
        "channels: {whatsapp: {enabled: true, credentials: {access_token: t, verify_token: v, port: x}}}",
        {"whatsapp_access_token": "t", "whatsapp_verify_token": "v", "port": 8000},
    ),
    (
        "channels",
        "channels: {whatsapp: {enabled: false, credentials: {access_token: t}}}",
        {"whatsapp_access_token": None},
    ),
    ("queue.retry_backoff_base", "queue: {retry_backoff_base: 5}", {"retry_backoff_seconds": 5}),
]


@pytest.mark.parametrize(("key", "text", "expected"), CHANGES)
def test_cv39_a_key_has_its_effect(write: Write, key: str, text: str, expected: dict[str, Any]) -> None:
    write(text)
    settings = Settings()

    assert key in EFFECTS
    assert {name: getattr(settings, name) for name in expected} == expected


def test_every_effect_is_shown_by_a_test() -> None:
    assert {key for key, _, _ in CHANGES} == set(EFFECTS) - {"backend", "rules", "timezone"}


def test_cv39_the_backend_is_opened_from_its_section(write: Write) -> None:
    assert isinstance(open_backend(Settings().converse.backend), MockBackend)
    write("backend: {base_url: 'https://api.example.com'}")

    assert not isinstance(open_backend(Settings().converse.backend), MockBackend)


def test_cv39_the_environment_wins(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(f"database: {{url: '{URL}', redis_url: 'redis://file'}}\nqueue: {{retry_backoff_base: 5}}")
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/env")
    Path(".env").write_text("REDIS_URL=redis://dotenv\n")
    settings = Settings(retry_backoff_seconds=7)

    assert settings.database_url == "postgresql://localhost/env"
    assert settings.redis_url == "redis://dotenv"
    assert settings.retry_backoff_seconds == 7


def test_variables_of_env_files_count(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("app_name: ${BUSINESS_NAME}", "own.yaml")
    Path(".env").write_text("BUSINESS_NAME=Shop\nCONVERSE_CONFIG=own.yaml\n")
    assert Settings().converse.app_name == "Shop"

    monkeypatch.setenv("BUSINESS_NAME", "Stall")
    assert Settings().converse.app_name == "Stall"


def test_copies_of_settings_keep_the_file(write: Write) -> None:
    write("app_name: Shop")

    assert Settings().model_copy(update={"port": 1}).converse.app_name == "Shop"


def keys(model: type[BaseModel], above: str = "") -> set[str]:
    """Every key of a model, by dotted path; a section of the backend counts whole."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        inner = next((one for one in _types(field.annotation) if issubclass(one, BaseModel)), None)
        if inner is not None and name in ("llm", "database", "queue"):
            found |= keys(inner, f"{name}.")
        elif name != "file":
            found.add(above + name)
    return found


def _types(annotation: Any) -> list[type]:
    inner = getattr(annotation, "__args__", (annotation,))
    return [one for one in inner if isinstance(one, type)]


def test_cv39_no_key_is_silent() -> None:
    """Each key either has an effect or is said to have none, here and on the page."""
    assert keys(SettingsFile) == set(EFFECTS) | set(UNUSED)
    assert not set(EFFECTS) & set(UNUSED)
    page = PAGE.read_text(encoding="utf-8")
    missing = [
        f"| `{key}` | {text} |" for key, text in (EFFECTS | UNUSED).items() if f"| `{key}` | {text} |" not in page
    ]
    assert missing == []


def test_cv39_what_is_set_in_vain_is_told(read: Read) -> None:
    file = read("app_name: Shop\nsecret_key: ''\nrules: []\nllm: {provider: local, temperature: 0.2}\ndebug: true\n")

    assert without_effect(file) == [
        f"config/settings.yaml: `app_name` does nothing: {UNUSED['app_name']}",
        f"config/settings.yaml: `llm.temperature` does nothing: {UNUSED['llm.temperature']}",
    ]
    assert without_effect(SettingsFile()) == []
