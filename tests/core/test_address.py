"""One person's address, however it is written."""

import pytest

from antiphon.core.address import normal


@pytest.mark.parametrize(
    ("channel", "written", "kept"),
    [
        ("email", " Ada@Example.COM ", "ada@example.com"),
        ("email", "mailto:ada@example.com", "ada@example.com"),
        ("whatsapp", "+91 98765-43210", "+919876543210"),
        ("whatsapp", "919876543210", "+919876543210"),
        ("whatsapp", "whatsapp:+919876543210", "+919876543210"),
        ("whatsapp", "US.13491208655302741918", "US.13491208655302741918"),
        ("whatsapp", "US.ENT.11815799212886844830", "US.ENT.11815799212886844830"),
        ("whatsapp", "us.1349", "+1349"),
        ("voice", "0044 (20) 7946 0000", "+442079460000"),
        ("sms", "ANTIPHON", "ANTIPHON"),
        ("chat", " visitor-7 ", "visitor-7"),
    ],
)
def test_an_address_is_kept_in_one_form(channel: str, written: str, kept: str) -> None:
    assert normal(channel, written) == kept
    assert normal(channel, kept) == kept
