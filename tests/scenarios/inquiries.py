"""Inquiries that a pack keeps as tests, in `scenarios/inquiries/`: how they are read, worked and compared.

docs/packs.md explains the format.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from antiphon.core.change import Change
from antiphon.core.pack import PackDef
from antiphon.engine.receive import Request
from antiphon.engine.service import Service

PACKS = Path(__file__).parents[2] / "packs"
SPACE = "inquiries"
HELD_OUT = "held_out"  # the file of inquiries that nothing was tuned on

Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]


class Inquiry(BaseModel):
    """A letter, and what must become of it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: Text
    sender_name: Annotated[Text, Field(max_length=200)]
    sender_email: Annotated[Text, Field(pattern=r"^\S+@\S+\.\S+$")]
    subject: Annotated[Text, Field(max_length=500)]
    body: Annotated[Text, Field(max_length=5000)]
    route: Text | None = None  # the specialist that works on it
    intent: Text | None = None
    escalate: bool | None = None
    severity: Texts = ()  # one of these
    tier: Texts = ()  # one of these
    says: Texts = ()
    not_says: Texts = ()

    @property
    def change(self) -> Change:
        """The inquiry as it comes in: subject, blank line, body."""
        who = {"sender_name": self.sender_name, "sender_email": self.sender_email, "subject": self.subject}
        return Change(kind="message", value=f"{self.subject}\n\n{self.body}", channel="email", data=who)


@dataclass(frozen=True, kw_only=True, slots=True)
class Worked:
    """An inquiry as it went."""

    route: str | None
    intent: str | None
    status: str
    reply: str
    facts: Mapping[str, Any]

    def wrong(self, expected: Inquiry) -> list[str]:
        """What is not as written, one line each."""
        said = self.reply.casefold()
        found = {"severity": self.facts.get("severity"), "tier": self.facts.get("lead_tier")}
        pairs = {
            "route": (self.route, expected.route),
            "intent": (self.intent, expected.intent),
            "escalate": (self.status == "escalated", expected.escalate),
        }
        wrong = [f"{what} is {is_}, not {want}" for what, (is_, want) in pairs.items() if want not in (None, is_)]
        for what, among in (("severity", expected.severity), ("tier", expected.tier)):
            if among and found[what] not in among:
                wrong.append(f"{what} is {found[what]}, not {' or '.join(among)}")
        wrong += [f"does not say {text!r}" for text in expected.says if text.casefold() not in said]
        return wrong + [f"says {text!r}" for text in expected.not_says if text.casefold() in said]


def read_inquiries(pack: str) -> dict[str, list[Inquiry]]:
    """Every inquiry of a pack, by file."""
    folder = PACKS / pack / "scenarios" / "inquiries"
    return {
        file.stem: TypeAdapter(list[Inquiry]).validate_python(yaml.safe_load(file.read_text(encoding="utf-8")))
        for file in sorted(folder.glob("*.yaml"))
    }


async def work(inquiry: Inquiry, service: Service, pack: PackDef) -> Worked:
    """One inquiry, from somebody whom the service has never met."""
    answered = await service.respond(Request(pack=pack.name, change=inquiry.change, space=SPACE, address=None))
    steps = await service.engine.store.steps(answered.run_id)
    outcome = answered.outcome
    return Worked(
        route=next((step.node for step in steps if step.node in pack.specialists), None),
        intent=outcome.intent,
        status=outcome.status,
        reply=outcome.reply or "",
        facts=outcome.facts,
    )
