"""What a service is counted, timed and traced with."""

from antiphon import __version__
from antiphon.core.errors import (
    ExtraMissing,
)
from antiphon.settings import Settings
from antiphon.telemetry import Instruments, instruments


def watch_of(settings: Settings) -> Instruments:
    """Metrics, and traces where these settings name somebody who takes them.

    Raises:
        ExtraMissing: they do, and what sends traces is not installed.
    """
    try:
        return instruments(settings.otel_exporter_otlp_endpoint, version=__version__)
    except ImportError:
        raise ExtraMissing(what="OTEL_EXPORTER_OTLP_ENDPOINT", extra="otel") from None
