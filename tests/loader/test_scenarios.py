"""The conversations of a pack are written in the format of docs/packs.md, and name what the pack knows."""

from pathlib import Path
from typing import Annotated

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from antiphon.loader import find_packs, load_pack

PACKS = find_packs(Path(__file__).parents[2] / "packs")
Texts = tuple[Annotated[str, Field(min_length=1)], ...]


class Turn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    user: str
    intent: str | None = None
    says: Annotated[Texts, Field(strict=False)] = ()
    not_says: Annotated[Texts, Field(strict=False)] = ()
    collected: dict[str, str] | None = None
    lead_captured: bool | None = None


class Scenario(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    turns: tuple[Turn, ...] = Field(min_length=1)


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_scenarios_are_well_formed(folder: Path) -> None:
    pack = load_pack(folder).definition
    files = sorted((folder / "scenarios").glob("*.yaml"))
    scenarios = [
        scenario
        for file in files
        for scenario in TypeAdapter(list[Scenario]).validate_python(yaml.safe_load(file.read_text(encoding="utf-8")))
    ]
    intents = {pack.reported(intent.name) for intent in pack.intents} | {form.intent for form in pack.forms.values()}
    slots = {slot.name for form in pack.forms.values() for slot in form.slots}

    letters = (folder / "scenarios" / "inquiries").is_dir()  # tests/scenarios/inquiries.py reads them
    assert letters or len(scenarios) >= (12 if folder.name == "autostream" else 1)
    assert len({scenario.name for scenario in scenarios}) == len(scenarios)
    for turn in (turn for scenario in scenarios for turn in scenario.turns):
        assert turn.intent is None or turn.intent in intents, turn
        assert turn.collected is None or set(turn.collected) <= slots, turn
