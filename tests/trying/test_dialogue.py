"""Dialogues over days: played in virtual time, the same each time, and held against what is written."""

from dataclasses import replace
from datetime import date

import pytest
import yaml

from antiphon.core.scenario import DialogueDef
from antiphon.loader.scenarios import Scenario, read_scenarios
from antiphon.trying.dialogue import Played, play
from antiphon.trying.stage import Stage


def written(stage: Stage, name: str) -> Scenario:
    return next(one for one in read_scenarios(stage.pack.folder) if one.name == name)


async def played(stage: Stage, scenario: Scenario) -> Played:
    assert isinstance(scenario.definition, DialogueDef)
    return await play(scenario, scenario.definition, stage)


def dialogue(text: str) -> Scenario:
    definition = DialogueDef.model_validate(yaml.safe_load(text))
    return Scenario(file="here.yaml", line=1, definition=definition, lines=tuple(range(2, 2 + len(definition.steps))))


@pytest.mark.parametrize("name", ["a promise that is broken", "the rule reminds by itself"])
async def test_cv_26_cv_35_cv_38_days_go_as_written(stage: Stage, name: str) -> None:
    assert (await played(stage, written(stage, name))).wrong == ()


async def test_the_timeline_says_what_came_and_what_came_of_it_and_why(stage: Stage) -> None:
    text = (await played(stage, written(stage, "a promise that is broken"))).timeline.text()
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[:7] == [
        "day 1 10:00 came begin payment",
        "day 1 10:00 began payment INV-1 in open",
        "day 1 10:00 sets follow-up reminder of payment INV-1 now",
        "day 1 10:00 sent whatsapp to +491: 'Dear Ann, please pay INV-1.'",
        "day 1 10:00 due follow-up reminder of payment INV-1 is done",
        "day 1 10:00 came action outreach_sent",
        'day 1 12:00 came message by email: "I\'ll pay on Friday"',
    ]
    for line in (
        "day 1 12:00 moved payment INV-1: open → promised",
        "day 1 12:00 because intent will_pay: They promise to pay",
        "day 1 12:00 sets check timeout promise_check of payment INV-1 for day 4 12:00, in 3d",
        "day 4 12:00 due check timeout promise_check of payment INV-1 is done",
        "day 4 12:00 because timeout promise_check: They did not keep it",
        "day 4 12:00 sent email to ann@example.com: 'Dear Ann, you wanted to pay INV-1.'",
        "day 13 12:00 resolved It is paid",
    ):
        assert line in lines


async def test_the_same_scenario_gives_the_same_timeline(stage: Stage) -> None:
    for name in ("a promise that is broken", "the rule reminds by itself"):
        scenario = written(stage, name)
        once, again = await played(stage, scenario), await played(stage, scenario)
        assert once.timeline.text() == again.timeline.text()


async def test_what_goes_wrong_is_told_with_its_line_and_what_was(stage: Stage) -> None:
    scenario = dialogue(
        """
name: wrong
steps:
  - begin: {process_type: payment, entity_type: invoice, entity_id: INV-1, follow_up: {template: reminder}}
    expect: {state: {payment: paid, refund: open}, status: resolved, sent: [], told: [promised]}
  - at: day 1 08:00
  - message: {text: "I will pay tomorrow"}
    expect: {intent: goodbye, says: [sorry], not_says: [thank]}
"""
    )
    wrong = [f"{one.line}: {one.message}" for one in (await played(stage, scenario)).wrong]
    assert wrong == [
        "2: day 1 09:00: expected payment to be paid; it was open",
        "2: day 1 09:00: expected refund to be open; it was not begun",
        "2: day 1 09:00: expected the conversation to be resolved; it was waiting_response",
        "2: day 1 09:00: expected sent to be []; it was [reminder]",
        "2: day 1 09:00: expected told to be [promised]; it was []",
        "3: day 1 09:00: day 1 08:00 is in the past",
        "4: day 1 09:00: expected the intent goodbye; it was will_pay",
        "4: day 1 09:00: expected the reply to say 'sorry'; it was \"Thank you, we'll see.\"",
        "4: day 1 09:00: expected the reply not to say 'thank'; it was \"Thank you, we'll see.\"",
    ]


async def test_time_passes_from_one_thing_that_is_due_to_the_next(stage: Stage) -> None:
    """Nothing falls together that stood apart: each firing has its own day."""
    text = (await played(stage, written(stage, "the rule reminds by itself"))).timeline
    days = {line.at.date() for line in text.lines if line.what == "due" and "rule" in line.text}
    assert len(days) == 30


async def test_time_has_an_end(stage: Stage) -> None:
    scenario = dialogue("name: late\nsteps:\n" + "- after: 9999w\n" * 50)
    scenario = replace(scenario, definition=scenario.definition.model_copy(update={"starts": date(2999, 12, 31)}))
    quiet = replace(stage.business, pack=stage.business.pack.model_copy(update={"rules": ()}))
    wrong = (await played(replace(stage, business=quiet), scenario)).wrong
    assert wrong[0].message.endswith("9999w leads beyond the year 9000")


async def test_an_event_that_concerns_nobody_says_so(stage: Stage) -> None:
    """CV.25."""
    scenario = dialogue("name: nobody\nsteps:\n- event: {name: payment_received, data: {entity_id: X, entity_type: y}}")
    lines = (await played(stage, scenario)).timeline.lines
    assert ("matches", "nothing here is about it") in [(line.what, line.text) for line in lines]
