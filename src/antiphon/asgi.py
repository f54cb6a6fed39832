"""`uvicorn antiphon.asgi:app`: the whole product, configured by the environment."""

from antiphon.settings import Settings
from antiphon.telemetry import configure_logging
from antiphon.wiring import application

_settings = Settings()
configure_logging(_settings.log_level)
app = application(_settings)
