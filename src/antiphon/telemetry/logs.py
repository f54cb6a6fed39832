"""Logs: one JSON object a line, UTC, with the request and run that they belong to.

Messages name ids and reasons, never what a person said; what may be secret or personal in a reason is covered.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from antiphon.telemetry.redact import redacted
from antiphon.telemetry.trail import named_by, request_id_var, run_id_var


class JsonLines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """time, level, logger, message, request_id, run_id, and the trace of an exception."""
        request_id, run_id = named_by(record.exc_info[1] if record.exc_info else None)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.getMessage()),
            "request_id": getattr(record, "request_id", None) or request_id_var.get() or request_id,
            "run_id": getattr(record, "run_id", None) or run_id_var.get() or run_id,
        }
        if record.exc_info:
            line["exception"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def configure_logging(level: str, stream: TextIO = sys.stderr) -> None:
    """Send every logger of the process, and Python's warnings, through `JsonLines`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    # The first one's progress is ours to tell; the others name URLs, and what was asked of a model.
    for name in ("alembic", "httpx", "httpcore", "openai", "anthropic", "google_genai"):
        logging.getLogger(name).setLevel(logging.WARNING)
