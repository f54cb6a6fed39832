"""Addresses of a channel, as they are kept: written differently, they are the same person's."""

import re

PHONES = frozenset({"whatsapp", "voice", "sms"})
MAX_CHARS = 320  # of a mail address, the longest there is

_NO_DIGIT = re.compile(r"\D+")
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")  # WhatsApp's name for somebody who shows no number
_PREFIX = re.compile(r"^(?:whatsapp|tel|sms|mailto):", re.IGNORECASE)


def normal(channel: str, address: str) -> str:
    """The address as it is kept: mail in small letters, telephone numbers as + and digits.

    A number without digits, such as the name of a sender, stays as it is, and so does a user id of WhatsApp.
    """
    bare = _PREFIX.sub("", address.strip())
    if channel == "email":
        return bare.lower()
    if channel == "whatsapp" and is_user_id(bare):
        return bare
    if channel in PHONES:
        digits = _NO_DIGIT.sub("", bare)
        return f"+{digits.removeprefix('00')}" if digits else bare
    return bare


def is_user_id(address: str) -> bool:
    """Whether an address of WhatsApp is an id such as `US.13491208655302741918`, and no telephone number."""
    return _USER_ID.fullmatch(address) is not None
