"""The routes of e-mail, for the tests that spoil what they bring."""

import base64
import time
from collections.abc import Callable
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from antiphon.channels.email.failures import MailUnreadable
from antiphon.channels.email.parse import PARSERS
from antiphon.channels.email.verify import SENDGRID_SIGNATURE, SENDGRID_TIMESTAMP, TOKEN_HEADER
from tests.channels.email.recorded import DOMAIN, MAILGUN_KEY, NAMES, POSTMARK_TOKEN, payload, provider_of
from tests.channels.post import Post

KEY = generate_private_key(SECP256R1())
NOW = int(time.time())
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
WEBHOOK_TOKEN = "webhook-token-for-tests"
ENV = {
    "EMAIL_FROM_ADDRESS": "hello@harbor.example",
    "EMAIL_REPLY_DOMAIN": DOMAIN,
    "EMAIL_SENDGRID_PUBLIC_KEY": PUBLIC,
    "EMAIL_MAILGUN_SIGNING_KEY": MAILGUN_KEY,
    "EMAIL_POSTMARK_TOKEN": POSTMARK_TOKEN,
    "EMAIL_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
}


def _typed(name: str, body: bytes) -> dict[str, str]:
    return {"Content-Type": payload(name)[0]}


def _with_token(name: str, body: bytes) -> dict[str, str]:
    return {**_typed(name, body), TOKEN_HEADER: WEBHOOK_TOKEN}


def _signed(name: str, body: bytes) -> dict[str, str]:
    signature = base64.b64encode(KEY.sign(str(NOW).encode() + body, ECDSA(SHA256()))).decode()
    return {**_typed(name, body), SENDGRID_SIGNATURE: signature, SENDGRID_TIMESTAMP: str(NOW)}


def _parser(provider: str, name: str) -> Callable[[bytes], object]:
    return lambda body: PARSERS[provider](body, payload(name)[0])


def _post(
    name: str, provider: str, main: str, headers: Callable[[str, bytes], dict[str, str]], *, ending: str, signed: bool
) -> Post:
    suffix = "" if provider == "plain" else f"/{provider}"
    token = f"?token={POSTMARK_TOKEN}" if provider == "postmark" else ""
    names = [one for one in NAMES if provider_of(one) == provider and one.endswith(ending)]
    return Post(
        name=f"email {name}",
        path=f"/webhooks/email{suffix}{token}",
        payloads={one: payload(one, NOW)[1].strip() for one in names},
        headers=headers,
        parse=_parser(provider, main),
        errors=(MailUnreadable,),
        main=main,
        env=ENV,
        is_json=ending == ".json",
        is_signed=signed,
    )


_of = partial(_post, signed=False)
POSTS = [
    _of("plain", "plain", "plain.json", _with_token, ending=".json"),
    _of("raw", "plain", "raw.eml", _with_token, ending=".eml"),
    _post("sendgrid", "sendgrid", "sendgrid.form", _signed, ending=".form", signed=True),
    _of("mailgun", "mailgun", "mailgun.form", _typed, ending=".form"),
    _of("postmark", "postmark", "postmark.json", _typed, ending=".json"),
]
