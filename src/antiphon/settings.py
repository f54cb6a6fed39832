"""Every setting, from the environment or `.env`. Read once, by `wiring` and `cli` only."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may choose. Names are those of the environment, in capitals."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data_dir: Path = Field(default=Path("data"), description="Folder of the store and the JSON files.")
    database_url: str | None = Field(
        default=None,
        description="PostgreSQL to keep everything in; a SQLite file in the data folder when unset.",
        repr=False,
    )
    redis_url: str | None = Field(
        default=None,
        description="Redis that several processes hear of each other by; in process when unset.",
        repr=False,
    )
    packs_dir: Path | None = Field(default=None, description="Folder of packs; the shipped ones when unset.")

    app_env: Literal["development", "production"] = Field(
        default="development", description="In development an internal error shows its text to the caller."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged.")
    cors_origins: str = Field(
        default="*", description="Origins that browsers may call from, separated by commas; * for all."
    )
    turn_wait_seconds: float = Field(
        default=10.0, gt=0, description="Seconds a synchronous caller waits for earlier runs of its conversation."
    )
    lease_seconds: float = Field(
        default=30.0, gt=0, description="Seconds after which the work of a silent process is taken over."
    )
    graph_driver: Literal["straight", "langgraph"] = Field(
        default="straight", description="Who walks the turn graph; langgraph is slower and shows in its tools."
    )
    escalation_confidence_threshold: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Confidence below which a person takes over, in packs that hand over.",
    )
    model_version: str | None = Field(default=None, description="Label of the model on every run; its name when unset.")
    workflow_version: str | None = Field(
        default=None, description="Label of the workflow on every run; the pack's version when unset."
    )
    gemini_api_key: str | None = Field(default=None, description="Key of the provider google_genai.", repr=False)

    @property
    def origins(self) -> list[str]:
        """The allowed origins, as a list."""
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]
