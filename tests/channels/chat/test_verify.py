"""Tokens of web chat (CV.20)."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from antiphon.channels.chat import make_token
from antiphon.channels.chat.verify import admits

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def test_cv20_without_a_secret_no_token_is_asked_for() -> None:
    assert admits((), None, "ada", NOW)


def test_cv20_a_token_is_for_one_contact_until_a_time() -> None:
    token = make_token("s", "ada", LATER)
    assert admits(("s",), token, "ada", NOW)
    assert not admits(("s",), token, "bob", NOW)
    assert not admits(("s",), token, "ada", LATER)
    assert not admits(("other",), token, "ada", NOW)


def test_a_secret_can_be_changed_without_an_outage() -> None:
    assert admits(("new", "old"), make_token("old", "ada", LATER), "ada", NOW)


def test_anybody_can_make_one_by_the_readme() -> None:
    until = str(int(LATER.timestamp()))
    mac = hmac.new(b"s", f"antiphon chat\nada\n{until}".encode(), hashlib.sha256).digest()
    assert make_token("s", "ada", LATER) == f"{until}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


@pytest.mark.parametrize("made", [None, "", ".", "x.y", "9" * 40 + ".", "\ud800.\ud800", "٣.x"])
def test_what_is_no_token_is_refused(made: str | None) -> None:
    assert not admits(("s",), made, "ada", NOW)


def test_a_time_that_was_changed_or_a_signature_that_was_cut_is_refused() -> None:
    token = make_token("s", "ada", LATER)
    ends, _, signature = token.partition(".")
    assert not admits(("s",), f"{int(ends) + 1}.{signature}", "ada", NOW)
    assert not any(admits(("s",), token[:end], "ada", NOW) for end in range(len(token)))
