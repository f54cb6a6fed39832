"""AS.39: the signature is Meta's, of the very bytes. pywa is the second opinion."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pywa.utils import webhook_updates_validator

from antiphon.channels.whatsapp.verify import is_signed, is_subscription, signature
from tests.channels.whatsapp.recorded import NAMES, SECRET, recorded


@given(secret=st.text(min_size=1), body=st.binary())
def test_as_39_pywa_accepts_our_signatures_and_we_accept_its(secret: str, body: bytes) -> None:
    ours = signature(secret, body)
    assert webhook_updates_validator(secret, body, ours)
    theirs = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()  # as pywa makes it
    assert is_signed(secret, body, f"sha256={theirs}")


@pytest.mark.parametrize("name", NAMES)
def test_as_39_one_changed_byte_is_refused(name: str) -> None:
    body = recorded(name)
    given_one = signature(SECRET, body)
    assert is_signed(SECRET, body, given_one)
    for at in range(0, len(body), 37):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        assert not is_signed(SECRET, changed, given_one)
        assert not webhook_updates_validator(SECRET, changed, given_one)


@pytest.mark.parametrize(
    "given_one",
    [None, "", "sha256=", "sha256=00", "sha1=abc", "\xff\udcff", "sha256=" + "0" * 64, signature("other", b"x")],
)
def test_as_39_what_is_no_signature_is_refused(given_one: str | None) -> None:
    assert not is_signed(SECRET, b"x", given_one)


def test_as_39_without_a_secret_nothing_is_signed() -> None:
    assert not is_signed("", b"x", signature("", b"x"))


@pytest.mark.parametrize(
    ("token", "mode", "brought", "confirmed"),
    [
        ("word", "subscribe", "word", True),
        ("word", "subscribe", "Word", False),
        ("word", "unsubscribe", "word", False),
        ("word", None, "word", False),
        ("word", "subscribe", None, False),
        ("", "subscribe", "", False),
        ("wörd", "subscribe", "wörd", True),
        ("word", "subscribe", "\udcff", False),
    ],
)
def test_as_38_only_whoever_knows_the_word_subscribes(
    token: str, mode: str | None, brought: str | None, confirmed: bool
) -> None:
    assert is_subscription(token, mode, brought) is confirmed
