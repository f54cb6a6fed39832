"""What a conversation's story says of its processes."""

from typing import TypeAlias

from antiphon.core.event import (
    BindingBegun,
    BindingMigrated,
    BindingMoved,
    BusinessContextSet,
    ConversationEscalated,
    ConversationResolved,
    OutreachSent,
)
from antiphon.core.names import Facts

ProcessEvent: TypeAlias = (
    BindingBegun
    | BindingMoved
    | BindingMigrated
    | OutreachSent
    | BusinessContextSet
    | ConversationEscalated
    | ConversationResolved
)


def lines_of(event: ProcessEvent) -> list[tuple[str, str, str]]:
    """Name, text and style of each line, the most important first."""
    match event:
        case BindingBegun(entity_id=entity, entity_type=kind):
            about = f" for {kind or 'entity'} {entity}" if entity else ""
            return [("began", f"{event.process_type} in {event.state}{about}", "bold"), _under(event.version)]
        case BindingMoved():
            return _moved(event)
        case BindingMigrated(from_version=before, to_version=after):
            return [
                ("migrated", f"{event.process_type}: {event.from_state} → {event.to_state}", ""),
                _under(after, before),
            ]
        case OutreachSent(channel=channel, template=template, attempt=attempt):
            return [("wrote", f"{template or 'a message'} on {channel}, attempt {attempt}", "")]
        case BusinessContextSet(data=data):
            return [("knows", ", ".join(f"{name} = {value}" for name, value in data.items()), "")]
        case ConversationEscalated(reason=reason):
            return [("escalated", reason, "yellow")]
        case ConversationResolved(reason=reason):
            return [("resolved", reason, "green")]


def _moved(event: BindingMoved) -> list[tuple[str, str, str]]:
    end = ", its end" if event.is_terminal else ""
    lines = [("moved", f"{event.process_type}: {event.from_state} → {event.to_state}{end}", "bold")]
    because = f"{event.trigger_type} {event.trigger_value}"
    lines.append(("because", f"{because}: {event.description}" if event.description else because, ""))
    lines += [("as", _condition(condition), "") for condition in event.conditions_met]
    if event.actions:
        lines.append(("does", ", ".join(event.actions), ""))
    return [*lines, _under(event.version)]


def _condition(condition: Facts) -> str:
    wanted = f" {condition['value']}" if "value" in condition else ""
    saw = f", and was {condition['saw']}" if "saw" in condition else ""
    return f"{condition['field']} {condition['operator']}{wanted}{saw}"


def _under(version: str, before: str = "") -> tuple[str, str, str]:
    return "version", f"{before} → {version}" if before else version, "dim"
