"""Replies that are carried back to the channel of the message."""

from datetime import UTC, datetime
from typing import Any

from antiphon.core.change import REPLY_TO, Change
from antiphon.core.conversation import Conversation
from antiphon.core.effect import keys_of
from antiphon.core.reply import replies
from antiphon.core.run import Claim, Outcome, Run

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
DONE = Outcome(status="completed", reply="Pro is $79.")
TO = {"channel": "email", "address": "ann@example.com", "subject": "Re: Price", "reply_to_id": "<1@example.com>"}


def claim(*data: dict[str, Any]) -> Claim:
    runs = tuple(
        Run(
            id=f"run-{number}",
            conversation_id="conversation-1",
            position=number,
            pack="shop",
            change=Change(kind="message", value="Hi", data=given),
            status="running",
            attempts=1,
            created_at=AT,
        )
        for number, given in enumerate(data)
    )
    return Claim(
        conversation_id="conversation-1",
        contact_id="contact-1",
        address="ann",
        pack="shop",
        pack_version="1",
        fence=1,
        runs=runs,
        conversation=Conversation(),
        sequence=0,
        head=b"",
    )


def test_a_reply_is_carried_where_the_message_came_from() -> None:
    (effect,) = replies(claim({REPLY_TO: TO}), DONE, AT)
    assert effect.kind == "reply"
    assert effect.payload == {"channel": "email", "address": "ann@example.com", "text": "Pro is $79.", "to": TO}
    assert not effect.repeatable
    assert keys_of("run-0", [effect]) == ["run-0:reply"]


def test_of_messages_answered_together_the_latest_says_where_to() -> None:
    (effect,) = replies(claim({REPLY_TO: TO}, {REPLY_TO: {"channel": "chat", "address": "ann"}}), DONE, AT)
    assert effect.payload["channel"] == "chat"


def test_whoever_waits_for_the_answer_needs_none_carried() -> None:
    assert replies(claim({}), DONE, AT) == ()
    assert replies(claim({REPLY_TO: "somewhere"}), DONE, AT) == ()
    assert replies(claim({"metadata": {REPLY_TO: TO}}), DONE, AT) == ()


def test_silence_is_not_carried() -> None:
    assert replies(claim({REPLY_TO: TO}), Outcome(status="escalated"), AT) == ()
