"""Signatures of what comes in (AF.52): everything that may be wrong with one, and rotation."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook
from starlette.datastructures import Headers

from antiphon.api.signatures import Signatures
from antiphon.core.errors import SignatureRefused

OLD, NEW, FOREIGN = ("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))
NOW = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
BODY = '{"subject": "Grüße"}'.encode()


def signed(*secrets: str, body: bytes = BODY, age: float = 0, name: str = "msg_1") -> dict[str, str]:
    at = NOW - timedelta(seconds=age)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(name, at, body.decode()) for secret in secrets),
    }


def check(headers: dict[str, str], body: bytes = BODY, *secrets: str) -> None:
    Signatures(secrets or (OLD, NEW), now=lambda: NOW).check(headers, body)


def refused(headers: dict[str, str], body: bytes = BODY, *secrets: str) -> str:
    with pytest.raises(SignatureRefused) as error:
        check(headers, body, *secrets)
    return str(error.value)


@pytest.mark.parametrize("secrets", [(OLD,), (NEW,), (OLD, NEW), (FOREIGN, NEW)])
def test_any_secret_may_have_signed(secrets: tuple[str, ...]) -> None:
    check(signed(*secrets))


def test_a_secret_that_was_taken_back_signs_nothing() -> None:
    assert "does not match" in refused(signed(OLD), BODY, NEW)


def test_another_secret_or_body_or_id_or_time_does_not_match() -> None:
    assert "does not match" in refused(signed(FOREIGN))
    assert "does not match" in refused(signed(OLD), b'{"subject": "other"}')
    assert "does not match" in refused(signed(OLD), b"")
    assert "does not match" in refused({**signed(OLD), "webhook-id": "msg_2"})
    assert "does not match" in refused({**signed(OLD), "webhook-timestamp": str(int(NOW.timestamp()) - 1)})
    assert "does not match" in refused(signed(OLD), b"\xff\xfe")


def test_five_minutes_are_allowed_before_and_after() -> None:
    for age in (300, 299, -299, -300):
        check(signed(OLD, age=age))
    assert "too old" in refused(signed(OLD, age=301))
    assert "too new" in refused(signed(OLD, age=-301))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name: str) -> None:
    headers = signed(OLD)
    assert f"{name} missing" in refused({**headers, name: ""})
    del headers[name]
    assert f"{name} missing" in refused(headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", "two words"),
        ("webhook-id", "x" * 257),
        ("webhook-timestamp", "now"),
        ("webhook-timestamp", "1.5"),
        ("webhook-timestamp", "-1"),
        ("webhook-timestamp", "nan"),
        ("webhook-timestamp", "١٢٣"),
        ("webhook-timestamp", "999999999999"),
        ("webhook-timestamp", "9" * 400),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,not base64"),
        ("webhook-signature", "v1,AAAA"),
        ("webhook-signature", "v2," + base64.b64encode(bytes(32)).decode()),
        ("webhook-signature", base64.b64encode(bytes(32)).decode()),
        ("webhook-signature", "v1,ünïcode"),
    ],
)
def test_a_malformed_header_is_named(name: str, value: str) -> None:
    assert f"{name} is malformed" in refused({**signed(OLD), name: value})


def test_a_good_signature_counts_beside_bad_ones() -> None:
    headers = signed(OLD)
    headers["webhook-signature"] = (
        f"v1,AAAA v2,{'A' * 44} {signed(FOREIGN)['webhook-signature']} " + (headers["webhook-signature"])
    )
    check(headers)


def test_headers_as_a_framework_has_them() -> None:
    Signatures([OLD], now=lambda: NOW).check(Headers({key.title(): value for key, value in signed(OLD).items()}), BODY)


def test_the_clock_is_the_machines_unless_another_is_given() -> None:
    body, at = "{}", datetime.now(UTC)
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(OLD).sign("m", at, body),
    }
    Signatures([OLD]).check(headers, body.encode())
    assert Webhook(OLD).verify(body, headers) == {}
