"""Channels: how people are written to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from antiphon.core.names import ContactId, ConversationId, EffectKey, Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """An answer that a person is offered, where a channel has buttons or lists."""

    id: str  # comes back with the answer
    title: str  # what they read and press
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageTemplate:
    """A text that a channel's operator has approved beforehand, by its name there."""

    name: str
    language: str = "en"  # as the operator writes it: en_US
    parameters: tuple[str, ...] = ()  # of its body, in order


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """A message to a person, on one channel."""

    address: str  # of the person on that channel
    text: str
    key: EffectKey  # the same at each attempt
    conversation_id: ConversationId
    contact_id: ContactId
    subject: str | None = None  # for channels that show one
    reply_to_id: str | None = None  # the message that it quotes, as the other side names it
    sender_id: str | None = None  # which of our own addresses it comes from; None: the one that is set
    choices: tuple[Choice, ...] = ()  # offered below the text
    template: MessageTemplate | None = None  # for when the channel lets only approved texts through
    last_inbound_at: Moment | None = None  # when they last wrote on this channel; None: not known
    headers: Mapping[str, str] = field(default_factory=dict)  # that came with what it answers: References of a mail


# What to do about a failure. retry: again, with growing pauses. delay: this person not before `retry_after`, others
# go on. park: it will fail for everybody until somebody has put something right. stop: never this message to them.
Policy: TypeAlias = Literal["retry", "delay", "park", "stop"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What became of an attempt to send."""

    status: Literal["sent", "queued", "failed", "unknown"]
    provider_id: str | None = None  # under which the other side knows the message
    reason: str | None = None  # for failed and unknown, for people; no secret and no address
    policy: Policy | None = None  # of a failed one; None counts as retry
    retry_after: float | None = None  # seconds that the other side wants us to wait, or that we must; None: not known


class Channel(Protocol):
    """One way to write to people."""

    @property
    def name(self) -> str:
        """As packs and addresses name it, such as `whatsapp`."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether a message that is sent again under the same key reaches nobody twice."""
        ...

    async def send(self, message: Outgoing) -> Delivery:
        """Try once. Failures are deliveries, not exceptions; an exception counts as an unknown outcome."""
        ...

    async def healthy(self) -> bool:
        """Whether it can be used as far as is known; quick."""
        ...


Channels: TypeAlias = Mapping[str, Channel]  # those that are on, by name
