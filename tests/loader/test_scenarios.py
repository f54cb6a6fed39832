"""The scenarios of the shipped packs are well written, and name what their pack knows."""

from collections import Counter
from pathlib import Path

import pytest

from antiphon.core.scenario import ConversationDef, DialogueDef, InquiryDef, MessagesDef
from antiphon.loader import find_packs, load_pack
from antiphon.loader.scenarios import read_scenarios

PACKS = find_packs(Path(__file__).parents[2] / "packs")
LEAST = {"autostream": 12, "autoflow": 80, "converse": 100}


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_scenarios_are_well_written(folder: Path) -> None:
    pack = load_pack(folder).definition
    scenarios = read_scenarios(folder)
    intents = {pack.reported(intent.name) for intent in pack.intents} | {form.intent for form in pack.forms.values()}
    intents.add(pack.fallback_intent)
    slots = {slot.name for form in pack.forms.values() for slot in form.slots}

    assert len(scenarios) >= LEAST.get(folder.name, 1)
    named = Counter(one.name for one in scenarios if not isinstance(one.definition, MessagesDef))
    assert [name for name, times in named.items() if times > 1] == []
    for scenario in scenarios:
        match scenario.definition:
            case ConversationDef(turns=turns):
                assert all(turn.intent in (None, *intents) for turn in turns), scenario
                assert all(set(turn.collected or ()) <= slots for turn in turns), scenario
            case MessagesDef() as group:
                assert {group.intent, *group.alternatives} <= intents, scenario
            case InquiryDef() as inquiry:
                assert inquiry.intent in (None, *intents), scenario
                assert inquiry.route in (None, *pack.specialists), scenario
            case DialogueDef(steps=steps):
                expected = [step.expect for step in steps if step.expect]
                assert all(one.intent in (None, *intents) for one in expected), scenario


def test_every_part_has_a_line_of_its_own() -> None:
    for folder in PACKS:
        for scenario in read_scenarios(folder):
            text = (folder / scenario.file).read_text(encoding="utf-8").splitlines()
            assert scenario.line <= len(text)
            assert sorted(scenario.lines) == list(scenario.lines)
            if isinstance(scenario.definition, MessagesDef):
                for message, line in zip(scenario.definition.messages, scenario.lines, strict=True):
                    assert message.split()[0].strip("\"'") in text[line - 1]


def test_a_file_for_a_scripted_model_is_no_scenario(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "answers.yaml").write_text("- when: hello\n  answer: {intent: greeting}\n")
    assert read_scenarios(tmp_path) == ()
