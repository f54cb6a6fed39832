"""Every setting, from the environment, `.env` or the settings file. Read once, by `wiring` and `cli` only."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, PrivateAttr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

if TYPE_CHECKING:
    from antiphon.settings_file import SettingsFile


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
    worker: bool = Field(
        default=True,
        description="Whether `antiphon serve` also works in the background; without it only the turns that its own "
        "callers wait for are worked here, and `antiphon worker` does the rest.",
    )
    webhook_signing_secrets: str | None = Field(
        default=None,
        description="Secrets (whsec_...) of which one must have signed an inquiry, by Standard Webhooks, unless it "
        "brings the key. Several, separated by commas, are all valid.",
        repr=False,
    )
    notify_urls: str | None = Field(
        default=None,
        description="Addresses that are told how runs end, separated by commas; nobody when unset.",
        repr=False,
    )
    notify_events: str = Field(
        default="run.completed,run.escalated,lead.captured", description="What they are told of, separated by commas."
    )
    notify_secrets: str | None = Field(
        default=None,
        description="Secrets (whsec_...) that notices are signed with, separated by commas; needed with NOTIFY_URLS. "
        "All of them sign, so that receivers can change from one to the next.",
        repr=False,
    )
    notify_timeout_seconds: float = Field(
        default=10.0, gt=0, le=50, description="Seconds that a receiver of a notice has to answer."
    )
    notify_attempts: int = Field(
        default=8, ge=1, le=100, description="Times that a notice is tried before it is dead; then it can be replayed."
    )
    retry_backoff_seconds: float = Field(
        default=60.0,
        gt=0,
        le=86_400,
        description="Seconds before an effect that failed is tried again; doubled at each attempt, and up to a fifth "
        "is added by chance.",
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
    webhook_api_key: str | None = Field(
        default=None,
        description="Key that inquiries and their watchers bring; open when unset. Several, separated by commas, are "
        "all valid: so a key is changed without an outage.",
        repr=False,
    )
    autoflow_admin_api_key: str | None = Field(
        default=None,
        description="Key for what deletes, replays or changes settings; several as above.",
        repr=False,
    )
    webhook_rate_limit: str = Field(
        default="60/minute", description="How many inquiries a client address may bring in a window of time."
    )
    rate_limit_storage: Literal["memory", "redis"] = Field(
        default="memory", description="Who counts: each process for itself, or all of them in Redis."
    )
    idempotency_ttl_seconds: int = Field(
        default=86_400, ge=1, description="Seconds for which a repeated Idempotency-Key gets its first run."
    )
    websocket_heartbeat_seconds: float = Field(
        default=30.0, gt=0, description="Seconds between the heartbeats of a WebSocket without news."
    )
    converse_secret_key: str | None = Field(
        default=None,
        description="Secret that tokens of web chat are signed with; without it, whoever knows a contact's id may "
        "speak under it. Several, separated by commas, are all valid, and the first one signs.",
        repr=False,
    )
    whatsapp_phone_number_id: str | None = Field(
        default=None, description="Id with Meta of the number that WhatsApp is sent from."
    )
    whatsapp_access_token: str | None = Field(
        default=None, description="Token that WhatsApp is sent with; nothing is sent without it.", repr=False
    )
    whatsapp_app_secret: str | None = Field(
        default=None, description="Secret that Meta signs webhooks with; without it none is taken.", repr=False
    )
    whatsapp_verify_token: str | None = Field(
        default=None, description="Word of your own that Meta repeats when a webhook is subscribed.", repr=False
    )
    whatsapp_base_url: str = Field(
        default="https://graph.facebook.com", description="The Graph API, with or without a version at its end."
    )
    email_from_address: str | None = Field(
        default=None, description="Address that mail is sent from; EMAIL_SMTP_USERNAME when unset."
    )
    email_from_name: str | None = Field(default=None, description="Name that goes with it.")
    email_reply_domain: str | None = Field(
        default=None, description="Domain whose mail comes in by webhook; that of EMAIL_FROM_ADDRESS when unset."
    )
    email_subject: str = Field(
        default="A message for you", description="Subject of a mail that begins a thread and brings none."
    )
    email_thread_secret: str | None = Field(
        default=None,
        description="Secret that answers by mail are led back to their conversation with; CONVERSE_SECRET_KEY when "
        "unset. Without either, who wrote decides. Several, separated by commas, are all valid; the first one signs.",
        repr=False,
    )
    email_smtp_host: str | None = Field(default=None, description="Server that mail is sent by.")
    email_smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port: 587, or 465 with tls.")
    email_smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the way to it is secured; none only to this machine."
    )
    email_smtp_username: str | None = Field(default=None, description="Name to log in with; without one nobody does.")
    email_smtp_password: str | None = Field(default=None, description="Password that goes with it.", repr=False)
    email_sendgrid_api_key: str | None = Field(
        default=None, description="Key of SendGrid; when it is set, mail is sent by SendGrid.", repr=False
    )
    email_sendgrid_url: str = Field(
        default="https://api.sendgrid.com", description="SendGrid, such as https://api.eu.sendgrid.com."
    )
    email_sendgrid_public_key: str | None = Field(
        default=None,
        description="Public key that SendGrid's webhook is verified with; unsigned ones are taken without it.",
        repr=False,
    )
    email_mailgun_signing_key: str | None = Field(
        default=None, description="Key that Mailgun signs webhooks with; without it none is taken.", repr=False
    )
    email_postmark_token: str | None = Field(
        default=None,
        description="Password in the address that Postmark was given; without it no webhook of Postmark's is taken.",
        repr=False,
    )
    email_webhook_token: str | None = Field(
        default=None,
        description="Token that POST /webhooks/email must bring, and SendGrid's webhook without a public key; open "
        "when unset.",
        repr=False,
    )
    email_refuse_forged: bool = Field(
        default=True, description="Whether mail that fails SPF and has no valid DKIM signature is left out."
    )
    email_max_bytes: int = Field(
        default=26_214_400, ge=1024, le=62_914_560, description="Size of a mail with its attachments, at most."
    )
    model_version: str | None = Field(default=None, description="Label of the model on every run; its name when unset.")
    workflow_version: str | None = Field(
        default=None, description="Label of the workflow on every run; the pack's version when unset."
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Port on which `antiphon worker` shows its metrics and health, at HOST; none when unset. "
        "`antiphon serve` shows them on its own.",
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        default=None, description="Root of an OTLP/HTTP receiver that traces are sent to, e.g. http://localhost:4318."
    )
    pack_models: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Models of packs in place of what they name, as JSON: "
        '`{"autoflow": {"understanding": "openai:gpt-4o-mini"}}`.',
    )
    model_timeout_seconds: float = Field(
        default=60.0, gt=0, description="Seconds that a call of a model may take, with all its tries."
    )
    ollama_base_url: str | None = Field(
        default=None,
        description="Ollama, such as http://localhost:11434; packs that prefer it use it when it is set.",
        repr=False,
    )
    llm_model: str = Field(default="llama3", description="Model of a pack that names only `ollama`.")
    gemini_api_key: str | None = Field(default=None, description="Key of the provider google_genai.", repr=False)
    gemini_base_url: str | None = Field(default=None, description="Another server for google_genai.", repr=False)
    gemini_model: str = Field(default="gemini-1.5-flash", description="Model of a pack that names only `google_genai`.")
    converse_llm_api_key: str | None = Field(
        default=None, description="Key of the provider anthropic; ANTHROPIC_API_KEY when unset.", repr=False
    )
    anthropic_api_key: str | None = Field(default=None, description="Key of the provider anthropic.", repr=False)
    anthropic_base_url: str | None = Field(default=None, description="Another server for anthropic.", repr=False)
    anthropic_model: str | None = Field(default=None, description="Model of a pack that names only `anthropic`.")
    openai_api_key: str | None = Field(default=None, description="Key of the provider openai.", repr=False)
    openai_base_url: str | None = Field(
        default=None,
        description="A server that speaks like OpenAI's, such as http://localhost:8080/v1; it may need no key.",
        repr=False,
    )
    openai_model: str | None = Field(default=None, description="Model of a pack that names only `openai`.")

    _converse: "SettingsFile" = PrivateAttr()

    @property
    def converse(self) -> "SettingsFile":
        """The settings file that CONVERSE_CONFIG names, or its defaults: the backend, rules, channels and the rest."""
        return self._converse

    def model_post_init(self, _: object) -> None:
        """Keep the settings file for whoever needs more of it than settings."""
        from antiphon.settings_file import read_settings_file  # noqa: PLC0415 - not for a command that only helps

        self._converse = read_settings_file()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, then the environment, then `.env`, then the settings file."""
        return init_settings, env_settings, dotenv_settings, file_secret_settings, _FileSource(settings_cls)

    @property
    def origins(self) -> list[str]:
        """The allowed origins, as a list."""
        return listed(self.cors_origins)


class _FileSource(PydanticBaseSettingsSource):
    """What the settings file sets."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - the base's
        """Nothing by itself; a file is read whole."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        from antiphon.settings_file import read_settings_file, settings_in  # noqa: PLC0415 - as above

        return settings_in(read_settings_file())


def listed(text: str | None) -> list[str]:
    """The parts of a setting that holds several, separated by commas."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]
