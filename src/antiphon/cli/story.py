"""A conversation's story for a person: each event with its time, and why the turn went as it did."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from antiphon.cli import process_story
from antiphon.core.chain import SealedEvent
from antiphon.core.errors import ConversationNotFound
from antiphon.core.event import (
    ApprovalAsked,
    BindingBegun,
    BindingMigrated,
    BindingMoved,
    BusinessContextSet,
    ChangeRecorded,
    ConversationEscalated,
    ConversationResolved,
    Decided,
    Event,
    FormProgressed,
    FormSubmitted,
    HandedOff,
    KnowledgeConsulted,
    LeadCaptured,
    MessageReceived,
    MessageSent,
    OutreachSent,
    RunErased,
    TurnGivenUp,
    decode,
)
from antiphon.core.names import Facts
from antiphon.ports import ConversationRecord, Views

PAGE = 200  # events read at once

Line = tuple[str, str, str]  # what an event says: its name, the text, and the style of both


async def tell(views: Views, wanted: str, console: Console) -> None:
    """Print the conversation of that id or outside address; when several have the address, those to choose from.

    Raises:
        ConversationNotFound: nobody has it.
        StoreDamaged: an event cannot be read; `audit verify` says more.
    """
    record = await views.conversation(wanted)
    found = [record] if record else await views.conversations_with(wanted)
    if not found:
        raise ConversationNotFound(conversation_id=wanted)
    if len(found) > 1:
        console.print(_choices(wanted, found))
        return
    console.print(_heading(found[0]))
    last_run, after = "", 0
    while page := await views.events(found[0].id, after=after, limit=PAGE):
        for event in page:
            last_run = _tell(event, last_run, console)
        after = page[-1].sequence


def _choices(wanted: str, found: list[ConversationRecord]) -> Table:
    table = Table(title=f"{wanted} has several conversations; show one by its id", title_justify="left")
    for name in ("conversation", "pack", "known as", "last turn"):
        table.add_column(name, overflow="fold")
    for record in found:
        known_as = f"{record.space} {record.address}"
        table.add_row(record.id, record.pack, known_as, f"{record.updated_at:%Y-%m-%d %H:%M:%S}")
    return table


def _heading(record: ConversationRecord) -> Panel:
    state = record.state
    text = Text()
    for name, value in (
        ("pack", f"{record.pack}, begun under version {record.pack_version}"),
        ("known as", f"{record.address} ({record.space})"),
        ("status", f"{state.status}, {record.sequence} events, {state.messages} messages"),
        ("collected", _facts(state.collected) or "nothing"),
        ("lead", state.lead_id or "none"),
        ("times", f"{record.created_at:%Y-%m-%d %H:%M:%S} to {record.updated_at:%Y-%m-%d %H:%M:%S} UTC"),
    ):
        text.append(f"{name}: ", style="dim").append(f"{value}\n")
    text.rstrip()
    return Panel(text, title=f"Conversation {record.id}", title_align="left", expand=False)


def _tell(sealed: SealedEvent, last_run: str, console: Console) -> str:
    """Print one event, with a line before it when its run is another; the run that it is of."""
    time = f"{sealed.at:%Y-%m-%d %H:%M:%S}"
    if sealed.payload is None:
        console.print(Text(f"{sealed.sequence:>5}  {time}  {sealed.kind}: erased", style="dim"))
        return last_run
    event = decode(sealed.kind, sealed.payload)
    if event.run_id != last_run:
        console.print(Text(f"\nrun {event.run_id}", style="dim"))
    (name, text, style), *more = lines_of(event)
    first = Text(f"{sealed.sequence:>5}  {time}  ", style="dim").append(f"{name:<12}", style=f"not dim {style}")
    console.print(first.append(text, style=f"not dim {style}"))
    for name, text, style in more:
        console.print(Padding(Text(f"{name:<12}", style="dim").append(text, style=style or "not dim"), (0, 0, 0, 28)))
    return event.run_id


def lines_of(event: Event) -> list[Line]:  # noqa: C901, PLR0911, PLR0912 - a case for each kind of event
    """What an event says, the most important first."""
    match event:
        case MessageReceived(text=text, channel=channel):
            return [("said", text, "bold cyan"), *_unusual("channel", channel, "chat")]
        case MessageSent(text=text, channel=channel):
            return [("answered", text, "green"), *_unusual("channel", channel, "chat")]
        case FormSubmitted(values=values):
            return [("handed in", _facts(values), "bold cyan")]
        case ChangeRecorded(kind=kind, value=value, data=data):
            return [(kind, " ".join(filter(None, (value, _facts(data)))), "bold cyan")]
        case Decided():
            return list(_decided(event))
        case FormProgressed():
            return list(_form(event))
        case LeadCaptured(lead_id=lead_id, values=values):
            return [("lead", f"{lead_id}: {_facts(values)}", "bold magenta")]
        case KnowledgeConsulted(query=query, band=band, passages=passages):
            return [("knowledge", f"{band} to “{query}”", ""), *map(_passage, passages)]
        case HandedOff(reason=reason, context=context):
            case = [(name, _value(value), "") for name, value in context.items()]
            return [("handed off", reason, "yellow"), *case]
        case ApprovalAsked(reason=reason, draft=draft):
            return [("approval", f"asked for: {reason}", "yellow"), ("draft", draft, "")]
        case BindingBegun() | BindingMoved() | BindingMigrated() | OutreachSent() | BusinessContextSet():
            return process_story.lines_of(event)
        case ConversationEscalated() | ConversationResolved():
            return process_story.lines_of(event)
        case TurnGivenUp(reason=reason):
            return [("given up", reason, "red")]
        case RunErased():
            return [("erased", "all that this run said and was told", "red")]


def _decided(event: Decided) -> Iterator[Line]:
    route = " → ".join(event.route) or "nobody"
    yield "decided", f"{event.rule}: {event.intent} ({event.confidence:.0%}), worked on by {route}", "bold"
    why = dict(event.why)
    considered = why.pop("not", ())
    if considered:
        yield "before it", f"{', '.join(considered)} did not apply", ""
    if ranked := why.pop("ranked", ()):
        yield "intents", ", ".join(f"{intent} {share:.0%}" for intent, share in ranked), ""
    if scope := why.pop("scope", ()):
        score, threshold = scope
        side = "known" if score >= threshold else "out of scope"
        yield "scope", f"{score:.2f} against {threshold:.2f}: {side}", ""
    for name, value in why.items():
        if value is not None:
            yield name, _value(value), ""
    yield "versions", _facts(event.versions), "dim"


def _form(event: FormProgressed) -> Iterator[Line]:
    asking = f", asking for {event.asking}" if event.asking else ""
    yield "form", f"{event.form} is {event.status}{asking}", ""
    if event.filled:
        yield "filled", _facts(event.filled), ""
    if event.refused:
        yield "refused", _facts(event.refused), "yellow"


def _passage(passage: Facts) -> Line:
    text = f" “{passage['text']}”" if passage.get("text") else ""
    return f"{float(passage['score']):.2f}", f"{passage['id']}{text}", ""


def _unusual(name: str, value: str, usual: str) -> list[Line]:
    return [] if value == usual else [(name, value, "")]


def _facts(facts: Facts) -> str:
    return ", ".join(f"{name}: {_value(value)}" for name, value in facts.items())


def _value(value: Any) -> str:
    return ", ".join(map(_value, value)) if isinstance(value, list | tuple) else str(value)
