"""Every conversation of every pack goes as it is written, whoever walks the graph."""

import re
from dataclasses import replace

import pytest

from antiphon.core.scenario import ConversationDef, TurnDef
from antiphon.engine.service import Service
from antiphon.trying.talks import Said
from tests.scenarios.transcripts import Transcript, play, told, transcripts

TRANSCRIPTS = transcripts()
_NUMBER = re.compile(r"(?<=LEAD-)\d+|(?<=Reference: )[0-9a-f-]+")  # counts everybody's leads; names one run


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.id)
async def test_it_goes_as_written(transcript: Transcript, service: Service) -> None:
    if wrong := told(transcript, await play(transcript, service)):
        pytest.fail(wrong, pytrace=False)


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.id)
async def test_both_drivers_say_the_same(transcript: Transcript, service: Service, langgraph_service: Service) -> None:
    straight = [_unnumbered(turn) for turn in await play(transcript, service)]
    assert straight == [_unnumbered(turn) for turn in await play(transcript, langgraph_service)]


def _unnumbered(turn: Said) -> Said:
    return replace(turn, reply=_NUMBER.sub("n", turn.reply))


def test_what_goes_wrong_is_told_where_it_does() -> None:
    expected = TurnDef.model_validate(
        {
            "user": "Hi",
            "says": ["WELCOME", "price"],
            "not_says": ["hello"],
            "intent": "greeting",
            "collected": {"name": "Jo"},
            "lead_captured": True,
        }
    )
    definition = ConversationDef(name="a greeting", turns=(expected, TurnDef(user="Bye")))
    transcript = Transcript(pack="shop", file="hello", definition=definition)
    played = Said(user="Hi", reply="Hello and welcome!", intent="other", collected={}, lead_captured=False)

    text = told(transcript, [played, replace(played, user="Bye", reply="Bye!")])

    assert text.splitlines() == [
        "shop/hello: a greeting",
        "  person: Hi",
        "  answer: Hello and welcome!",
        "          other, collected {}, lead_captured False",
        "     >>>  expected the reply to say 'price'; it was 'Hello and welcome!'",
        "     >>>  expected the reply not to say 'hello'; it was 'Hello and welcome!'",
        "     >>>  expected the intent greeting; it was other",
        "     >>>  expected lead_captured to be True; it was False",
        "     >>>  expected name to be 'Jo'; it was None",
        "  person: Bye",
        "  answer: Bye!",
    ]


def test_nothing_collected_means_nothing() -> None:
    said = Said(user="Hi", reply="", intent=None, collected={"name": "Jo"}, lead_captured=False)
    assert said.wrong(TurnDef(user="Hi", collected={})) == ["expected nothing to be collected; it was {'name': 'Jo'}"]
    assert not said.wrong(TurnDef(user="Hi", collected={"name": "Jo"}))
    assert not said.wrong(TurnDef(user="Hi"))
