"""Which conversation a mail belongs to: our own Message-IDs say so, and the address that answers go to.

Both hold a token: the conversation's id and a keyed digest of it. So nothing needs to be looked up, and nobody can name
a conversation that they were never written to about.
"""

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Iterable, Sequence

from antiphon.channels.email.mail import Mail
from antiphon.core.names import ConversationId, EffectKey

REPLY = "reply"  # what is before the + of the address that answers go to
MAX_REFERENCES = 12  # the first, and the latest of the rest: a header line has its limits
_MAC_BYTES = 10
_DIGEST_CHARS = 20

_IDS = re.compile(r"<[^\s<>]{1,240}>")
_TOKEN = re.compile(r"[a-z2-7]{42}")


class Threads:
    """Makes tokens and reads them. The first secret signs, all are believed; without one there are no tokens."""

    def __init__(self, secrets: Sequence[str], domain: str) -> None:
        self._keys = [hashlib.sha256(b"antiphon mail threads\0" + secret.encode()).digest() for secret in secrets]
        self._domain = domain

    def token(self, conversation_id: ConversationId) -> str:
        """The conversation, signed; empty when there is no secret or the id is not one of ours."""
        try:
            plain = uuid.UUID(conversation_id).bytes
        except ValueError:
            return ""
        return _text(plain + _mac(self._keys[0], plain)) if self._keys else ""

    def conversation(self, token: str) -> ConversationId | None:
        """The conversation of a token that we made."""
        small = token.lower()
        if not _TOKEN.fullmatch(small):
            return None
        raw = base64.b32decode(small.upper() + "=" * (-len(small) % 8))
        plain, mac = raw[:16], raw[16:]
        is_signed = any(hmac.compare_digest(mac, _mac(key, plain)) for key in self._keys)
        return str(uuid.UUID(bytes=plain)) if is_signed else None

    def message_id(self, key: EffectKey, conversation_id: ConversationId) -> str:
        """The id of a message of ours: the same at each attempt, so that a repeat is recognised."""
        digest = _text(hashlib.sha256(key.encode()).digest())[:_DIGEST_CHARS]
        return f"<{'.'.join(filter(None, (digest, self.token(conversation_id))))}@{self._domain}>"

    def root(self, conversation_id: ConversationId) -> str:
        """An id that all mails of a conversation refer to, so that mail programs show them together."""
        digest = _text(hashlib.sha256(conversation_id.encode()).digest())[:_DIGEST_CHARS]
        return f"<thread.{digest}@{self._domain}>"

    def reply_address(self, conversation_id: ConversationId) -> str | None:
        """Where an answer goes to; None without a token."""
        token = self.token(conversation_id)
        return f"{REPLY}+{token}@{self._domain}" if token else None

    def conversation_of(self, mail: Mail) -> ConversationId | None:
        """The conversation that a mail answers in: by what it replies to, else by where it was sent."""
        for message_id in (mail.in_reply_to, *reversed(mail.references)):
            local, _, domain = message_id.strip("<>").rpartition("@")
            if domain.lower() == self._domain and (found := self.conversation(local.rpartition(".")[2])):
                return found
        for recipient in mail.recipients:
            name, _, token = recipient.partition("@")[0].partition("+")
            if name == REPLY and (found := self.conversation(token)):
                return found
        return None

    def is_ours(self, message_id: str) -> bool:
        """Whether a message carries an id that only we give."""
        local, _, domain = message_id.strip("<>").rpartition("@")
        return domain.lower() == self._domain and bool(self.conversation(local.rpartition(".")[2]))


def ids_in(text: str) -> tuple[str, ...]:
    """The Message-IDs in a header, in their order."""
    return tuple(_IDS.findall(text))


def references_after(references: Iterable[str], parent: str) -> tuple[str, ...]:
    """What an answer to `parent` refers to: what that did, and itself; the first and the latest of many."""
    known = tuple(dict.fromkeys((*(one for one in references if one != parent), *([parent] if parent else []))))
    return known if len(known) <= MAX_REFERENCES else (known[0], *known[1 - MAX_REFERENCES :])


def _mac(key: bytes, plain: bytes) -> bytes:
    return hmac.digest(key, plain, "sha256")[:_MAC_BYTES]


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
