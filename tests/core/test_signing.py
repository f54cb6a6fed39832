"""Secrets of signed webhooks: which can be used, and that a refusal gives nothing away."""

import base64

import pytest

from antiphon.core.errors import SettingUnusable
from antiphon.core.signing import check_secrets


def secret(size: int) -> str:
    return "whsec_" + base64.b64encode(bytes(range(100, 100 + size))).decode()


@pytest.mark.parametrize("size", [24, 25, 32, 64])
def test_secrets_as_standard_webhooks_makes_them(size: int) -> None:
    assert check_secrets("S", [secret(size), secret(size).rstrip("=")]) == (secret(size), secret(size).rstrip("="))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (secret(24).removeprefix("whsec_"), "does not begin with whsec_"),
        ("whsec_", "has 0 bytes"),
        (secret(23), "has 23 bytes"),
        (secret(65), "has 65 bytes"),
        ("whsec_" + "not base64!" * 4, "is no base64"),
        ("whsec_" + "ü" * 40, "is no base64"),
    ],
)
def test_others_are_refused_by_their_number(wrong: str, why: str) -> None:
    with pytest.raises(SettingUnusable) as refused:
        check_secrets("NOTIFY_SECRETS", [secret(24), wrong])
    assert f"NOTIFY_SECRETS cannot be used: secret 2 {why}" in str(refused.value)
    assert wrong.removeprefix("whsec_") not in str(refused.value) or wrong == "whsec_"
    assert secret(24) not in str(refused.value)


def test_none_is_none() -> None:
    assert check_secrets("S", []) == ()
