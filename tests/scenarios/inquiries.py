"""Inquiries that the shipped packs keep as tests, read and worked as `antiphon test` does."""

from pathlib import Path

from antiphon.core.scenario import InquiryDef
from antiphon.loader.scenarios import HELD_OUT, read_scenarios
from antiphon.trying.talks import SPACE, work

__all__ = ["HELD_OUT", "PACKS", "SPACE", "InquiryDef", "read_inquiries", "work"]

PACKS = Path(__file__).parents[2] / "packs"


def read_inquiries(pack: str) -> dict[str, list[InquiryDef]]:
    """Every inquiry of a pack, by file."""
    found: dict[str, list[InquiryDef]] = {}
    for scenario in read_scenarios(PACKS / pack):
        if isinstance(scenario.definition, InquiryDef):
            found.setdefault(Path(scenario.file).stem, []).append(scenario.definition)
    return found
