"""Conversations that the shipped packs keep as tests, read and played as `antiphon test` does."""

from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from antiphon.core.scenario import ConversationDef
from antiphon.engine.service import Service
from antiphon.loader import find_packs
from antiphon.loader.scenarios import read_scenarios
from antiphon.trying.talks import Said, converse

PACKS = Path(__file__).parents[2] / "packs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """A conversation that must go as written."""

    pack: str
    file: str
    definition: ConversationDef

    @property
    def id(self) -> str:
        return f"{self.pack}/{self.file}: {self.definition.name}"


def folders() -> list[Path]:
    """Those of the packs that have scenarios."""
    return [folder for folder in find_packs(PACKS) if (folder / "scenarios").is_dir()]


def transcripts() -> list[Transcript]:
    """Those of every pack, in the order of their files."""
    return [
        Transcript(pack=folder.name, file=Path(scenario.file).stem, definition=scenario.definition)
        for folder in folders()
        for scenario in read_scenarios(folder)
        if isinstance(scenario.definition, ConversationDef)
    ]


async def play(transcript: Transcript, service: Service) -> list[Said]:
    """The conversation, turn by turn, as somebody whom the service has never met."""
    return await converse(transcript.definition, service, transcript.pack, uuid4().hex)


def told(transcript: Transcript, played: list[Said]) -> str:
    """What went wrong, as a transcript; "" when all went as written."""
    lines, well = [transcript.id], True
    for turn, expected in zip(played, transcript.definition.turns, strict=True):
        lines += [f"  person: {turn.user}", f"  answer: {turn.reply}"]
        if wrong := turn.wrong(expected):
            well = False
            lines += [f"          {turn.intent}, collected {dict(turn.collected)}, lead_captured {turn.lead_captured}"]
            lines += [f"     >>>  {what}" for what in wrong]
    return "" if well else "\n".join(lines)
