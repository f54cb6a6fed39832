"""Every conversation of every pack goes as it is written, whoever walks the graph."""

import re
from dataclasses import replace

import pytest

from antiphon.engine.service import Service
from tests.scenarios.transcripts import Played, Scenario, play, scenarios, told

SCENARIOS = scenarios()
_NUMBER = re.compile(r"(?<=LEAD-)\d+|(?<=Reference: )[0-9a-f-]+")  # counts everybody's leads; names one run


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
async def test_it_goes_as_written(scenario: Scenario, service: Service) -> None:
    if wrong := told(scenario, await play(scenario, service)):
        pytest.fail(wrong, pytrace=False)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
async def test_both_drivers_say_the_same(scenario: Scenario, service: Service, langgraph_service: Service) -> None:
    straight = [_unnumbered(turn) for turn in await play(scenario, service)]
    assert straight == [_unnumbered(turn) for turn in await play(scenario, langgraph_service)]


def _unnumbered(turn: Played) -> Played:
    return replace(turn, reply=_NUMBER.sub("n", turn.reply))


def test_what_goes_wrong_is_told_where_it_does() -> None:
    expected = {
        "user": "Hi",
        "says": ["WELCOME", "price"],
        "not_says": ["hello"],
        "intent": "greeting",
        "collected": {"name": "Jo"},
        "lead_captured": True,
    }
    scenario = Scenario(pack="shop", file="hello", name="a greeting", turns=(expected, {"user": "Bye"}))
    played = Played(user="Hi", reply="Hello and welcome!", intent="other", collected={}, lead_captured=False)

    transcript = told(scenario, [played, replace(played, user="Bye", reply="Bye!")])

    assert transcript.splitlines() == [
        "shop/hello: a greeting",
        "  person: Hi",
        "  answer: Hello and welcome!",
        "          other, collected {}, lead_captured False",
        "     >>>  should say 'price'",
        "     >>>  should not say 'hello'",
        "     >>>  intent should be greeting",
        "     >>>  lead_captured should be True",
        "     >>>  name should be 'Jo'",
        "  person: Bye",
        "  answer: Bye!",
    ]


def test_nothing_collected_means_nothing() -> None:
    played = Played(user="Hi", reply="", intent=None, collected={"name": "Jo"}, lead_captured=False)
    assert played.wrong({"collected": {}}) == ["nothing should be collected"]
    assert not played.wrong({"collected": {"name": "Jo"}})
    assert not played.wrong({})
