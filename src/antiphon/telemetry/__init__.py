"""Logs, metrics and traces: what an operator sees of a service at work. It writes what it is given, and asks nobody."""

from antiphon.telemetry.instruments import Instruments, Traces, instruments
from antiphon.telemetry.logs import JsonLines, configure_logging
from antiphon.telemetry.metrics import OTHER, Metrics
from antiphon.telemetry.trail import LogTrail, name_error, request_id_var, run_id_var

__all__ = [
    "OTHER",
    "Instruments",
    "JsonLines",
    "LogTrail",
    "Metrics",
    "Traces",
    "configure_logging",
    "instruments",
    "name_error",
    "request_id_var",
    "run_id_var",
]
