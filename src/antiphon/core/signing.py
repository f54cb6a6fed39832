"""Secrets of signed webhooks, as Standard Webhooks writes them: `whsec_` and base64."""

import base64
import binascii

from antiphon.core.errors import SettingUnusable

PREFIX = "whsec_"
LEAST_BYTES = 24  # what Standard Webhooks asks for
MOST_BYTES = 64  # as well
TOLERANCE_SECONDS = 300  # how far a timestamp may be from our clock, before and after


def check_secrets(name: str, secrets: list[str]) -> tuple[str, ...]:
    """The secrets of a setting, when all of them can be used.

    Raises:
        SettingUnusable: one cannot; the message says which by its number, and nothing of what it is.
    """
    for number, secret in enumerate(secrets, 1):
        if (problem := _problem(secret)) is not None:
            reason = f"secret {number} {problem}; a secret is {PREFIX} and then base64 of {LEAST_BYTES} bytes or more"
            raise SettingUnusable(name=name, reason=reason)
    return tuple(secrets)


def _problem(secret: str) -> str | None:
    if not secret.startswith(PREFIX):
        return f"does not begin with {PREFIX}"
    text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return "is no base64"
    if not LEAST_BYTES <= len(key) <= MOST_BYTES:
        return f"has {len(key)} bytes"
    return None
