"""The dialogues of the shipped packs go as written, day by day."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from antiphon.core.scenario import DialogueDef
from antiphon.loader import load_pack
from antiphon.loader.scenarios import Scenario, read_scenarios
from antiphon.trying.dialogue import play
from antiphon.trying.recorded import recorded
from antiphon.trying.replaying import RecordedUnderstanding, replayed
from antiphon.trying.stage import Stage, staged

FOLDER = Path(__file__).parents[2] / "packs" / "converse"
DIALOGUES = [one for one in read_scenarios(FOLDER) if isinstance(one.definition, DialogueDef)]


@pytest.fixture(scope="module")
async def converse(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(load_pack(FOLDER), tmp_path_factory.mktemp("vectors")) as opened:
        yield opened


@pytest.mark.parametrize("scenario", DIALOGUES, ids=lambda scenario: scenario.name)
async def test_cv_29_cv_38_the_days_go_as_written(scenario: Scenario, converse: Stage) -> None:
    assert isinstance(scenario.definition, DialogueDef)
    played = await play(scenario, scenario.definition, converse)
    if played.wrong:
        wrong = "\n".join(f"{scenario.file}:{one.line}: {one.message}" for one in played.wrong)
        pytest.fail(f"{wrong}\n\n{played.timeline.text()}", pytrace=False)


@pytest.mark.parametrize("scenario", DIALOGUES, ids=lambda scenario: scenario.name)
async def test_a_replay_of_the_days_finds_nothing_changed(scenario: Scenario, converse: Stage) -> None:
    """What the engine did in time and over its store, the turn graph alone does again from the log."""
    assert isinstance(scenario.definition, DialogueDef)
    store = (await play(scenario, scenario.definition, converse)).world.store
    understanding = RecordedUnderstanding(converse.business.classifier, converse.business.pack, {})
    found = [await replayed(one, converse.business, understanding) async for one in recorded(store, "converse")]
    assert sum(one.turns for one in found) >= 2
    assert [(one.differences, one.stuck) for one in found] == [((), ())] * len(found)


def test_there_are_many() -> None:
    assert len(DIALOGUES) >= 10
