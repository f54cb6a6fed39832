"""Conversations that packs keep as tests: how they are read, played and compared. docs/packs.md explains the format."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from antiphon.core.change import Change
from antiphon.engine.receive import Request
from antiphon.engine.service import Service
from antiphon.loader import find_packs

PACKS = Path(__file__).parents[2] / "packs"
SPACE = "scenarios"  # the kind of address that a conversation played here has


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """A conversation that must go as written."""

    pack: str
    file: str
    name: str
    turns: tuple[Mapping[str, Any], ...]

    @property
    def id(self) -> str:
        return f"{self.pack}/{self.file}: {self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """A turn as it went."""

    user: str
    reply: str
    intent: str | None
    collected: Mapping[str, Any]
    lead_captured: bool

    def wrong(self, expected: Mapping[str, Any]) -> list[str]:
        """What is not as the scenario says."""
        said = self.reply.casefold()
        found = [f"should say {text!r}" for text in expected.get("says", ()) if text.casefold() not in said]
        found += [f"should not say {text!r}" for text in expected.get("not_says", ()) if text.casefold() in said]
        if "intent" in expected and self.intent != expected["intent"]:
            found.append(f"intent should be {expected['intent']}")
        if "lead_captured" in expected and self.lead_captured is not expected["lead_captured"]:
            found.append(f"lead_captured should be {expected['lead_captured']}")
        return found + self._wrongly_collected(expected.get("collected"))

    def _wrongly_collected(self, expected: Mapping[str, str] | None) -> list[str]:
        if expected == {} and self.collected:
            return ["nothing should be collected"]
        return [
            f"{slot} should be {value!r}"
            for slot, value in (expected or {}).items()
            if self.collected.get(slot) != value
        ]


def folders() -> list[Path]:
    """Those of the packs that have scenarios."""
    return [folder for folder in find_packs(PACKS) if (folder / "scenarios").is_dir()]


def scenarios() -> list[Scenario]:
    """Those of every pack, in the order of their files."""
    return [
        Scenario(pack=folder.name, file=file.stem, name=written["name"], turns=tuple(written["turns"]))
        for folder in folders()
        for file in sorted((folder / "scenarios").glob("*.yaml"))
        for written in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]


async def play(scenario: Scenario, service: Service) -> list[Played]:
    """The conversation, turn by turn, as somebody whom the service has never met."""
    person = uuid4().hex
    return [await _say(service, scenario.pack, person, turn["user"]) for turn in scenario.turns]


async def _say(service: Service, pack: str, person: str, text: str) -> Played:
    change = Change(kind="message", value=text)
    answered = await service.respond(Request(pack=pack, change=change, space=SPACE, address=person))
    record = await service.engine.store.conversation_at(pack, SPACE, person)
    assert record is not None
    return Played(
        user=text,
        reply=answered.outcome.reply or "",
        intent=answered.outcome.intent,
        collected=record.state.collected,
        lead_captured="lead_id" in answered.outcome.facts,
    )


def told(scenario: Scenario, played: list[Played]) -> str:
    """What went wrong, as a transcript; "" when all went as written."""
    lines, well = [scenario.id], True
    for turn, expected in zip(played, scenario.turns, strict=True):
        lines += [f"  person: {turn.user}", f"  answer: {turn.reply}"]
        if wrong := turn.wrong(expected):
            well = False
            lines += [f"          {turn.intent}, collected {dict(turn.collected)}, lead_captured {turn.lead_captured}"]
            lines += [f"     >>>  {what}" for what in wrong]
    return "" if well else "\n".join(lines)
