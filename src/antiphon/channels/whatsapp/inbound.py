"""What a webhook brings, as typed values."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from antiphon.core.names import EffectKey, Facts, Moment

NAME = "whatsapp"
Status: TypeAlias = Literal["sent", "delivered", "read", "played", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaRef:
    """A file that came with a message; it lies with Meta until it is fetched."""

    kind: str  # image, document, audio, video or sticker
    id: str
    mime_type: str | None = None
    sha256: str | None = None  # in base64
    filename: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a message says, in words."""

    text: str  # at least one character that is not blank
    media: MediaRef | None = None
    choice_id: str | None = None  # of the button or row that was pressed


@dataclass(frozen=True, kw_only=True, slots=True)
class Inbound:
    """A message of a person."""

    message_id: str  # wamid...; the same at each delivery of the webhook
    address: str  # the number as Meta writes it (digits), or the user id where no number is shown
    user_id: str | None  # as this business alone knows them: US.1349...
    name: str | None  # of their profile; anybody may call themselves anything
    number_id: str | None  # of ours that they wrote to
    kind: str
    said: Said
    sent_at: Moment | None
    quotes: str | None = None  # the message that it answers

    @property
    def text(self) -> str:
        """The text of the turn."""
        return self.said.text

    @property
    def data(self) -> Facts:
        """What goes with the change: where a reply goes, and what was more than words."""
        said, reply_to = self.said, {"channel": NAME, "address": self.address, "sender_id": self.number_id}
        facts: dict[str, Any] = {
            "message_id": self.message_id,
            "kind": self.kind,
            "sent_at": self.sent_at.isoformat() if self.sent_at else None,
            "user_id": self.user_id,
            "quotes": self.quotes,
            "choice_id": said.choice_id,
            "media": _filled(_media_facts(said.media)) if said.media else None,
        }
        return {"reply_to": _filled(reply_to), NAME: _filled(facts)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What became of a message of ours. They come in any order, and more than once."""

    message_id: str
    status: Status
    recipient: str | None  # number or user id
    at: Moment | None
    key: EffectKey | None  # of the effect that sent it
    codes: tuple[int, ...] = ()  # why it failed


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """Something that is neither: a reaction, a changed number, what cannot be shown, a message of our own phone."""

    kind: str
    message_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """All that one webhook brings, in its order."""

    messages: tuple[Inbound, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    asides: tuple[Aside, ...] = ()


def _media_facts(media: MediaRef) -> dict[str, Any]:
    return {
        "kind": media.kind,
        "id": media.id,
        "mime_type": media.mime_type,
        "sha256": media.sha256,
        "filename": media.filename,
    }


def _filled(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
