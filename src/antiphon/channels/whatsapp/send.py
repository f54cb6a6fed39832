"""An outgoing message as what the Graph API is asked to send: text in parts, buttons, a list, or a template."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from antiphon.core.address import is_user_id, normal
from antiphon.core.names import Moment
from antiphon.ports import Choice, Outgoing

Body: TypeAlias = dict[str, Any]
Window: TypeAlias = Literal["open", "closed", "unknown"]

WINDOW = timedelta(hours=24)  # after a person's last message, in which anything may be said
MARGIN = timedelta(minutes=1)  # it may close while a message is under way
TEXT_CHARS = 4096
BUTTONS, BUTTON_CHARS, BUTTON_BODY_CHARS, BUTTON_ID_CHARS = 3, 20, 1024, 256
ROWS, ROW_CHARS, ROW_TEXT_CHARS, ROW_ID_CHARS = 10, 24, 72, 200
KEY_CHARS = 512  # of what comes back with each receipt
LIST_LABEL = "…"  # on the button that opens a list; a word would need a language
_BREAKS = ("\n\n", "\n", ". ", " ")  # where a text is cut, the best first


def window_of(message: Outgoing, now: Moment) -> Window:
    """Whether free text may be sent, as far as is known here."""
    if message.last_inbound_at is None:
        return "unknown"
    return "open" if now - message.last_inbound_at < WINDOW - MARGIN else "closed"


def recipient(address: str) -> dict[str, str] | None:
    """How the Graph API is told whom a message is for; None when the address is nobody's."""
    kept = normal("whatsapp", address)
    if is_user_id(kept):
        return {"recipient": kept}
    digits = kept.removeprefix("+")
    return {"to": digits} if digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 20 else None


def free_bodies(message: Outgoing) -> list[Body]:
    """What says the message in free words, in order; nothing when it says nothing."""
    text, choices = message.text.strip(), _distinct(message.choices)
    if not text:
        return []
    if not choices:
        return [{"type": "text", "text": {"body": part}} for part in parts_of(text)]
    if len(choices) > ROWS:
        numbered = "\n".join(f"{number}. {_whole(choice)}" for number, choice in enumerate(choices, 1))
        return [{"type": "text", "text": {"body": part}} for part in parts_of(f"{text}\n\n{numbered}")]
    *first, last = parts_of(text, BUTTON_BODY_CHARS if _fit_buttons(choices) else TEXT_CHARS)
    told: list[Body] = [{"type": "text", "text": {"body": part}} for part in first]
    return [*told, {"type": "interactive", "interactive": _offered(last, choices)}]


def template_body(message: Outgoing) -> Body | None:
    """What sends the approved text in its place; None when it names none."""
    template = message.template
    if template is None:
        return None
    told: Body = {"name": template.name, "language": {"code": template.language}}
    if template.parameters:
        values = [{"type": "text", "text": _one_line(value)} for value in template.parameters]
        told["components"] = [{"type": "body", "parameters": values}]
    return {"type": "template", "template": told}


def addressed(body: Body, message: Outgoing, whom: dict[str, str], *, first: bool = True) -> Body:
    """A body with whom it is for, and our key, which comes back with each receipt."""
    envelope: Body = {"messaging_product": "whatsapp", "recipient_type": "individual", **whom, **body}
    if len(message.key) <= KEY_CHARS:
        envelope["biz_opaque_callback_data"] = message.key
    if first and message.reply_to_id:
        envelope["context"] = {"message_id": message.reply_to_id}
    return envelope


def parts_of(text: str, limit: int = TEXT_CHARS) -> list[str]:
    """A text in pieces that each can be sent, cut where a reader would pause."""
    return list(_parts(text.strip(), limit))


def _parts(text: str, limit: int) -> Iterator[str]:
    while len(text) > limit:
        at = _cut(text, limit)
        yield text[:at].rstrip()
        text = text[at:].lstrip()
    if text:
        yield text


def _cut(text: str, limit: int) -> int:
    """The last good place within the limit, unless it would leave a short piece."""
    for mark in _BREAKS:
        at = text.rfind(mark, limit // 2, limit)
        if at > 0:
            return at + len(mark.rstrip())
    return limit


def _fit_buttons(choices: list[Choice]) -> bool:
    return len(choices) <= BUTTONS and all(len(one.title) <= BUTTON_CHARS and not one.description for one in choices)


def _offered(text: str, choices: list[Choice]) -> Body:
    if _fit_buttons(choices):
        buttons = [{"type": "reply", "reply": {"id": one.id[:BUTTON_ID_CHARS], "title": one.title}} for one in choices]
        return {"type": "button", "body": {"text": text}, "action": {"buttons": buttons}}
    rows = [_row(one) for one in choices]
    return {"type": "list", "body": {"text": text}, "action": {"button": LIST_LABEL, "sections": [{"rows": rows}]}}


def _row(choice: Choice) -> Body:
    """A row of a list. A title that is too long stands whole in the description, as far as there is room."""
    row = {"id": choice.id[:ROW_ID_CHARS], "title": _shortened(choice.title, ROW_CHARS)}
    description = choice.description if row["title"] == choice.title else _whole(choice)
    return {**row, "description": _shortened(description, ROW_TEXT_CHARS)} if description else row


def _distinct(choices: tuple[Choice, ...]) -> list[Choice]:
    """One of each id and title; others would be refused."""
    by_id = {one.id: one for one in choices if one.id and one.title.strip()}
    return list({one.title: one for one in by_id.values()}.values())


def _whole(choice: Choice) -> str:
    return f"{choice.title}: {choice.description}" if choice.description else choice.title


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def _one_line(value: str) -> str:
    """A parameter as templates take it: no line ends, no tabs, no runs of blanks, and not empty."""
    return re.sub(r"\s+", " ", value).strip() or "-"
