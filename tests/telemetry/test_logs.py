"""Logs: one JSON object a line with the ids that it belongs to, and nothing secret or personal (AF.20)."""

import io
import json
import logging
import sys
import time
import warnings
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from antiphon.telemetry import configure_logging
from antiphon.telemetry.redact import redacted


class Log:
    """What the process has logged."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    root, kept = logging.getLogger(), Log()
    before = root.handlers, root.level
    configure_logging("INFO", kept.stream)
    yield kept
    root.handlers, root.level = before
    logging.captureWarnings(capture=False)


def test_af_20_a_line_is_one_json_object_with_its_time_in_utc(log: Log) -> None:
    logging.getLogger("antiphon.test").info("two\nlines of %s", "text")
    (line,) = log.lines
    at = datetime.fromisoformat(line.pop("time"))
    assert at.utcoffset() is not None
    assert abs(at.timestamp() - time.time()) < 60
    assert line == {
        "level": "INFO",
        "logger": "antiphon.test",
        "message": "two\nlines of text",
        "request_id": None,
        "run_id": None,
    }


def test_an_exception_stays_on_the_line(log: Log) -> None:
    try:
        _fall()
    except RuntimeError:
        logging.getLogger("antiphon.test").exception("a defect")
    (line,) = log.lines
    assert "RuntimeError: it fell over" in line["exception"]
    assert "test_logs.py" in line["exception"]


def _fall() -> None:
    raise RuntimeError("it fell over\nand broke")


def test_what_an_exception_quotes_is_covered(log: Log) -> None:
    class Form(BaseModel):
        age: int

    said = "I am Ann, and live in Elm Street"  # away from the line that raises: a trace shows that one
    try:
        Form.model_validate({"age": said})
    except ValidationError:
        logging.getLogger("antiphon.test").exception("a defect")
    (line,) = log.lines
    assert "Elm Street" not in line["exception"]
    assert "age" in line["exception"]


def test_warnings_of_libraries_are_lines_too(log: Log) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("that is old", DeprecationWarning, stacklevel=1)
    (line,) = log.lines
    assert line["logger"] == "py.warnings"
    assert "that is old" in line["message"]


def test_requests_to_others_are_not_logged_with_their_urls(log: Log) -> None:
    logging.getLogger("httpx").info("HTTP Request: POST https://example.com/hook?key=abc")
    assert log.lines == []


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("no route to postgresql://antiphon:hunter2@db:5432/antiphon", "hunter2"),
        ("no route to redis://:hunter2@cache:6379/0", "hunter2"),
        ("Authorization: Bearer abcdef.ghijkl-123456", "abcdef"),
        ("401 for api_key=abcdef123456 from the provider", "abcdef"),
        ("{'x-api-key': 'abcdef123456'}", "abcdef"),
        ("https://host/v1/models?key=AIzaSyA1234567890", "AIza"),
        ("AUTOFLOW_ADMIN_API_KEY=abcdef123456 was refused", "abcdef"),
        ("Incorrect API key provided: sk-proj-abcdef123456", "abcdef"),
        ("signed with whsec_MfKQ9r8GKYqrTwjU", "MfKQ"),
        ("mail to ann.smith+x@mail.example.co.uk bounced", "ann.smith"),
        ("called +49 (151) 1234-5678 in vain", "1234"),
    ],
)
def test_secrets_and_addresses_are_covered(text: str, covered: str) -> None:
    assert covered not in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "effect 0b0f1f6e-6c1f-4d8e-9a53-0f3a2b1c4d5e:0 is dead: 500 after 3 attempts",
        "ready with packs autoflow, autostream in /data",
        "the pack autostream is not loaded here; its work waits",
        "2026-11-21T13:27:16+00:00 in src/antiphon/engine/turns.py:129",
        "Redis refuses XADD: NOGROUP No such key 'antiphon:wake' or consumer group",
        "KeyError: 'reply'",
        "knowledge of converse: indexing 5000 of 100000 passages",
        "http://localhost:4318/v1/traces cannot be reached",
    ],
)
def test_what_helps_is_left(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("piece", ["a@", "key=", "://", "+1 ", "input_value=", "a-", "a.b@c."])
def test_covering_takes_time_in_proportion(piece: str) -> None:
    began = time.process_time()
    redacted(piece * (100_000 // len(piece)))
    assert time.process_time() - began < 3, sys.version
