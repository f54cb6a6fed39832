"""Conversations, letters and labelled messages of a pack, each played as somebody whom nobody has met before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from antiphon.core.change import Change
from antiphon.core.pack import PackDef
from antiphon.core.scenario import ConversationDef, InquiryDef, MessagesDef, TurnDef
from antiphon.engine.receive import Request
from antiphon.engine.service import Service
from antiphon.loader.scenarios import Scenario
from antiphon.trying.result import Result, Wrong, not_said, result

SPACE = "scenarios"  # the kind of address that the people of scenarios have


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A turn of a conversation as it went."""

    user: str
    reply: str
    intent: str | None
    collected: Mapping[str, Any]
    lead_captured: bool

    def wrong(self, expected: TurnDef) -> list[str]:
        """What is not as written."""
        found = not_said(self.reply, expected.says, expected.not_says)
        if expected.intent is not None and self.intent != expected.intent:
            found.append(f"expected the intent {expected.intent}; it was {self.intent}")
        if expected.lead_captured is not None and self.lead_captured is not expected.lead_captured:
            found.append(f"expected lead_captured to be {expected.lead_captured}; it was {self.lead_captured}")
        return found + self._wrongly_collected(expected.collected)

    def _wrongly_collected(self, expected: Mapping[str, str] | None) -> list[str]:
        if expected == {} and self.collected:
            return [f"expected nothing to be collected; it was {dict(self.collected)}"]
        return [
            f"expected {slot} to be {value!r}; it was {self.collected.get(slot)!r}"
            for slot, value in (expected or {}).items()
            if self.collected.get(slot) != value
        ]


async def converse(definition: ConversationDef, service: Service, pack: str, person: str) -> list[Said]:
    """A conversation, turn by turn. `person` is an address that nobody had before."""
    return [await _say(service, pack, person, turn.user) for turn in definition.turns]


async def _say(service: Service, pack: str, person: str, text: str) -> Said:
    change = Change(kind="message", value=text)
    answered = await service.respond(Request(pack=pack, change=change, space=SPACE, address=person))
    record = await service.engine.store.conversation_at(pack, SPACE, person)
    return Said(
        user=text,
        reply=answered.outcome.reply or "",
        intent=answered.outcome.intent,
        collected=record.state.collected if record else {},
        lead_captured="lead_id" in answered.outcome.facts,
    )


async def try_conversation(scenario: Scenario, definition: ConversationDef, service: Service, pack: str) -> Result:
    """A conversation held against what is written."""
    went = await converse(definition, service, pack, f"{scenario.file}:{scenario.line}")
    wrong = [
        Wrong(line=line, message=f"after {turn.user!r}: {what}")
        for said, turn, line in zip(went, definition.turns, scenario.lines, strict=True)
        for what in said.wrong(turn)
    ]
    return result(scenario, wrong)


@dataclass(frozen=True, kw_only=True, slots=True)
class Worked:
    """A letter as it was worked."""

    route: str | None  # the specialist that worked on it first
    intent: str | None
    status: str
    reply: str
    facts: Mapping[str, Any]

    def wrong(self, expected: InquiryDef) -> list[str]:
        """What is not as written."""
        pairs = {
            "route": (self.route, expected.route),
            "intent": (self.intent, expected.intent),
            "escalate": (self.status == "escalated", expected.escalate),
        }
        wrong = [
            f"expected the {what} {want}; it was {found}"
            for what, (found, want) in pairs.items()
            if want not in (None, found)
        ]
        levels = (("severity", "severity", expected.severity), ("tier", "lead_tier", expected.tier))
        wrong += [
            f"expected the {what} {' or '.join(among)}; it was {self.facts.get(fact)}"
            for what, fact, among in levels
            if among and self.facts.get(fact) not in among
        ]
        return wrong + not_said(self.reply, expected.says, expected.not_says)


async def work(definition: InquiryDef, service: Service, pack: PackDef) -> Worked:
    """A letter, from somebody new."""
    answered = await service.respond(Request(pack=pack.name, change=definition.change, space=SPACE, address=None))
    steps = await service.engine.store.steps(answered.run_id)
    outcome = answered.outcome
    return Worked(
        route=next((step.node for step in steps if step.node in pack.specialists), None),
        intent=outcome.intent,
        status=outcome.status,
        reply=outcome.reply or "",
        facts=outcome.facts,
    )


async def try_letter(scenario: Scenario, definition: InquiryDef, service: Service, pack: PackDef) -> Result:
    """A letter held against what is written."""
    went = await work(definition, service, pack)
    return result(scenario, [Wrong(line=scenario.line, message=what) for what in went.wrong(definition)])


async def try_message(scenario: Scenario, at: int, service: Service, pack: str) -> Result:
    """One of the messages that mean one thing."""
    definition = scenario.definition
    if not isinstance(definition, MessagesDef):
        raise TypeError(f"{scenario.name} holds no messages")
    text = definition.messages[at]
    change = Change(kind="message", value=text)
    answered = await service.respond(Request(pack=pack, change=change, space=SPACE, address=None))
    right = (definition.intent, *definition.alternatives)
    intent, line = answered.outcome.intent, scenario.lines[at]
    wrong = f"expected the intent {' or '.join(right)}; it was {intent}, confidence {answered.outcome.confidence}"
    return result(scenario, [] if intent in right else [Wrong(line=line, message=wrong)], name=text, line=line)


def tests_of(scenario: Scenario) -> Iterator[tuple[str, int]]:
    """The name of each test in a scenario, with its number."""
    if isinstance(scenario.definition, MessagesDef):
        yield from ((text, at) for at, text in enumerate(scenario.definition.messages))
    else:
        yield scenario.name, 0
