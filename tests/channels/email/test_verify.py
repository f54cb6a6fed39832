"""Who may bring mail: SendGrid's ECDSA, Mailgun's HMAC, secrets in the address. Over raw bytes."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from antiphon.channels.email import EmailChannel, EmailSettings
from antiphon.channels.email.verify import SENDGRID_SIGNATURE, SENDGRID_TIMESTAMP
from antiphon.core.errors import SettingInvalid, SettingMissing, SettingUnusable
from tests.channels.email.recorded import MAILGUN_KEY, POSTMARK_TOKEN, SETTINGS, TIMESTAMP, channel, payload, read


def _public(key: ec.EllipticCurvePrivateKey) -> str:
    raw = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(raw).decode()


def _signed(key: ec.EllipticCurvePrivateKey, body: bytes, timestamp: int = TIMESTAMP) -> dict[str, str]:
    signature = key.sign(str(timestamp).encode() + body, ECDSA(SHA256()))
    return {SENDGRID_SIGNATURE: base64.b64encode(signature).decode(), SENDGRID_TIMESTAMP: str(timestamp)}


def test_sendgrid_signs_the_time_and_the_raw_body() -> None:
    key = generate_private_key(SECP256R1())
    settings = replace(SETTINGS, sendgrid_public_key=_public(key))
    _, body = payload("sendgrid.form")
    good = _signed(key, body)
    assert read("sendgrid.form", settings=settings, headers=good).change is not None
    pem = f"-----BEGIN PUBLIC KEY-----\n{_public(key)}\n-----END PUBLIC KEY-----\n"
    framed = replace(SETTINGS, sendgrid_public_key=pem)
    assert read("sendgrid.form", settings=framed, headers=good).change is not None
    for headers in (
        {},
        _signed(generate_private_key(SECP256R1()), body),
        _signed(key, body + b" "),
        good | {SENDGRID_TIMESTAMP: str(TIMESTAMP + 1)},
        good | {SENDGRID_TIMESTAMP: "x"},
        good | {SENDGRID_SIGNATURE: "@@@"},
        good | {SENDGRID_SIGNATURE: ""},
        _signed(key, body, TIMESTAMP - 3600),
        _signed(key, body, TIMESTAMP + 3600),
    ):
        brought = read("sendgrid.form", settings=settings, headers=headers)
        assert (brought.status, brought.change) == (403, None)


def test_mailgun_signs_the_time_and_a_token() -> None:
    """406 is what ends Mailgun's tries."""
    _, body = payload("mailgun.form")
    assert read("mailgun.form").change is not None
    for changed in (
        body.replace(b"token=a8", b"token=b8"),
        body.replace(str(TIMESTAMP).encode(), str(TIMESTAMP + 1).encode()),
        body.replace(b"signature=", b"signature=0"),
        body.replace(b"signature=", b"other="),
        payload("mailgun.form", TIMESTAMP - 3600)[1],
    ):
        assert changed != body
        brought = read("mailgun.form", changed)
        assert (brought.status, brought.change) == (406, None)
    unset = replace(SETTINGS, mailgun_key="")
    assert read("mailgun.form", settings=unset).status == 406


def test_postmark_brings_a_secret_in_its_address() -> None:
    kind, body = payload("postmark.json")
    basic = base64.b64encode(f"any:{POSTMARK_TOKEN}".encode()).decode()
    for token, headers in ((POSTMARK_TOKEN, {}), (None, {"authorization": f"Basic {basic}"})):
        assert channel().read("postmark", {"content-type": kind, **headers}, token, body).change is not None
    for token, headers in (
        (None, {}),
        ("x", {}),
        ("ä\ud800", {}),
        (None, {"authorization": "Basic @@"}),
        (None, {"authorization": f"Bearer {basic}"}),
    ):
        assert channel().read("postmark", {"content-type": kind, **headers}, token, body).status == 403
    unset = channel(replace(SETTINGS, postmark_token=""))
    assert unset.read("postmark", {"content-type": kind}, "", body).status == 403


def test_our_own_webhook_asks_for_a_token_when_one_is_set() -> None:
    kind, body = payload("plain.json")
    guarded = channel(replace(SETTINGS, webhook_token="w"))
    assert guarded.read("plain", {"content-type": kind}, None, body).status == 403
    assert guarded.read("plain", {"content-type": kind}, "w", body).change is not None
    assert guarded.read("plain", {"content-type": kind, "authorization": "Bearer w"}, None, body).change is not None
    assert (
        guarded.read(
            "sendgrid", {"content-type": payload("sendgrid.form")[0]}, None, payload("sendgrid.form")[1]
        ).status
        == 403
    )


def test_settings_that_cannot_work_are_refused_at_the_start() -> None:
    with pytest.raises(SettingUnusable, match="EMAIL_SENDGRID_PUBLIC_KEY"):
        channel(replace(SETTINGS, sendgrid_public_key="no key"))
    with pytest.raises(SettingMissing, match="EMAIL_FROM_ADDRESS"):
        channel(EmailSettings(smtp_host="mail.example"))
    with pytest.raises(SettingMissing, match="EMAIL_FROM_ADDRESS"):
        channel(EmailSettings(smtp_host="mail.example", from_address="Harbor <hello@harbor.example>, x"))
    with pytest.raises(SettingInvalid, match="EMAIL_SMTP_SECURITY"):
        channel(replace(SETTINGS, smtp_host="mail.example", smtp_security="none"))
    assert isinstance(channel(replace(SETTINGS, smtp_host="127.0.0.1", smtp_security="none")), EmailChannel)


def test_secrets_are_not_shown() -> None:
    secret = replace(SETTINGS, smtp_password="p4ss", sendgrid_key="SG.key", webhook_token="w3b")
    shown = repr(secret)
    for word in ("p4ss", "SG.key", "w3b", MAILGUN_KEY, POSTMARK_TOKEN, *SETTINGS.thread_secrets):
        assert word not in shown
