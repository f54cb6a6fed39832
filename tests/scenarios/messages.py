"""Messages that a pack keeps as tests, in `scenarios/messages/`: how they are understood and compared."""

from dataclasses import dataclass
from pathlib import Path

from antiphon.core.change import Change
from antiphon.core.pack import PackDef
from antiphon.core.scenario import MessagesDef
from antiphon.engine.receive import Request
from antiphon.engine.service import Service
from antiphon.loader.scenarios import read_scenarios

SPACE = "messages"  # the kind of address that a message of a test comes from


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A message, and what it means."""

    where: str  # file and line
    text: str
    intent: str  # the best name for it
    right: frozenset[str]  # all that are right
    held_out: bool  # nothing was tuned on it


def read_messages(folder: Path) -> list[Message]:
    """Every message of the pack in a folder, in the order of files."""
    return [
        Message(
            where=f"{scenario.file}:{line}",
            text=text,
            intent=group.intent,
            right=frozenset((group.intent, *group.alternatives)),
            held_out=scenario.is_held_out,
        )
        for scenario in read_scenarios(folder)
        if isinstance(group := scenario.definition, MessagesDef)
        for text, line in zip(group.messages, scenario.lines, strict=True)
    ]


async def understood(text: str, service: Service, pack: PackDef) -> str | None:
    """The intent that callers see of a message from somebody whom the service has never met."""
    change = Change(kind="message", value=text)
    answered = await service.respond(Request(pack=pack.name, change=change, space=SPACE, address=None))
    return answered.outcome.intent


def consequences(pack: PackDef, intent: str) -> frozenset[tuple[str, int]]:
    """The transitions that wait for an intent: where two have the same, it matters little which is understood."""
    return frozenset(
        (name, at)
        for name, process in pack.processes.items()
        for at, transition in enumerate(process.transitions)
        if transition.trigger.type == "intent" and intent in transition.trigger.waits_for
    )
