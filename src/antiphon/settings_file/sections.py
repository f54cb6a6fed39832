"""What the settings file may hold. Every key is optional."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from antiphon.core.backend_config import BackendConfig
from antiphon.core.rule import RuleDef
from antiphon.loader.document import Path as ValuePath
from antiphon.loader.document import Place


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # no such name, no name at all, a folder of the database
        raise ValueError(f"there is no time zone `{name[:60]}`; expected one such as Europe/Berlin or UTC") from None
    return name


class Section(BaseModel):
    """A part of the file: frozen, strict about unknown keys, and silent about what stands in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True)


class LlmSection(Section):
    """The model that converse speaks with."""

    provider: Literal["anthropic", "openai", "google_genai", "ollama", "local"] = Field(
        default="anthropic", description="Who runs the model; local needs no key."
    )
    model: str = Field(default="claude-sonnet-4-20250514", description="Which of the provider's models.")
    temperature: float = Field(default=0.7, ge=0, le=2, description="How freely it words things.")
    max_tokens: int = Field(default=1024, ge=1, description="How long an answer may be.")
    api_key: SecretStr | None = Field(default=None, description="The provider's key.")
    system_prompt_template: str | None = Field(default=None, description="What the model is told about its part.")


class DatabaseSection(Section):
    """Where everything is kept."""

    url: SecretStr | None = Field(default=None, description="PostgreSQL; with store_backend sql.")
    store_backend: Literal["sql", "memory", "file"] = Field(
        default="sql",
        description="sql keeps everything at url, or in a SQLite file when it is empty; file always does.",
    )
    store_file_dir: Path | None = Field(default=None, description="Folder of the SQLite file, with store_backend file.")
    redis_url: SecretStr | None = Field(default=None, description="Redis that several processes hear of each other by.")


class QueueSection(Section):
    """How work is handed out."""

    backend: Literal["memory", "redis"] = Field(default="memory", description="Who hands out wake-ups.")
    redis_url: SecretStr | None = Field(default=None, description="Redis, with backend redis; else database.redis_url.")
    consumer_group: str | None = Field(default=None, description="Name of the consumer group.")
    consumer_concurrency: int | None = Field(default=None, ge=1, description="Jobs at once.")
    delayed_promote_interval: float | None = Field(
        default=None, gt=0, description="Seconds between looks for due jobs."
    )
    retry_backoff_base: float | None = Field(default=None, gt=0, le=86_400, description="Seconds before a second try.")


class ChannelSection(Section):
    """One way to reach people."""

    enabled: bool | None = Field(default=None, description="Left out: on when its credentials are set.")
    credentials: dict[str, SecretStr] = Field(default_factory=dict, description="What the channel needs to be let in.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """An entry of the file, or of a file that it names, as it is written, with the place of each part."""

    value: dict[str, Any]
    file: str
    places: Mapping[ValuePath, Place] = field(repr=False)  # by path from the entry's own top

    def place(self, path: ValuePath = ()) -> Place:
        """Where a part stands, or else the nearest around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(file=self.file, line=1, text_line=1))


class SettingsFile(Section):
    """The whole file."""

    app_name: str | None = Field(default=None, description="What the product is called.")
    debug: bool | None = Field(
        default=None, description="true: every log line, and errors show their text; false: not."
    )
    secret_key: SecretStr | None = Field(default=None, description="Signs the tokens of web chat.")
    business_domain: str | None = Field(default=None, description="What the business does, in a few words.")
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="UTC", description="Time zone of schedules, such as Asia/Kolkata."
    )
    llm: LlmSection | None = None
    database: DatabaseSection = DatabaseSection()
    queue: QueueSection = QueueSection()
    backend: BackendConfig = BackendConfig()
    channels: dict[str, ChannelSection] = Field(default_factory=dict, description="Channels by name.")
    rules: tuple[RuleDef, ...] = Field(default=(), description="Rules, or files that hold them.")
    state_maps: tuple[Written, ...] = Field(default=(), description="Processes, or files that hold them.")

    file: str | None = Field(default=None, exclude=True, description="Where it was read; None when there is none.")
