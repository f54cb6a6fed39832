"""Turns that move processes, on both drivers: what is proposed for a change, whoever walks the graph."""

from dataclasses import replace
from typing import Any

import pytest

from antiphon.core.change import Change
from antiphon.core.conversation import Conversation, fold
from antiphon.core.event import BindingBegun, BindingMoved, ChangeRecorded, Decided, MessageReceived, MessageSent
from antiphon.core.process.reaction import AGENT
from antiphon.core.proposal import Proposal
from antiphon.core.run import Claim, Run
from antiphon.graph.build import build_turn_graph
from antiphon.graph.drivers import DriverChoice, driver_of
from antiphon.graph.work import work_with
from antiphon.ports import ContactDetails, Turn
from antiphon.testing import (
    FixedKnowledge,
    FixedScales,
    MemoryStores,
    ScriptedClassifier,
    SettableClock,
    understood,
)
from tests.engine.shop import INTENTS, PAYMENT, said, shop_pack

CLOCK = SettableClock()
BEGIN = Change(kind="begin", value="payment", data={"binding_id": "b-1", "initial_state": "reminded"})


async def turn(
    driver: DriverChoice,
    change: Change,
    conversation: Conversation,
    *,
    transitions: list[dict[str, Any]] | None = None,
) -> Proposal:
    """What is proposed for a change."""
    pack = shop_pack([{**PAYMENT, "transitions": transitions or PAYMENT["transitions"]}])
    classifier = ScriptedClassifier({name: understood(name) for name in INTENTS}, understood("ask", in_scope=False))
    graph = build_turn_graph(
        pack,
        classifier=classifier,
        scales=FixedScales({}),
        knowledge=FixedKnowledge({}),
        numbers=MemoryStores(clock=CLOCK).tenant(),
        render=said,
        versions={},
    )
    run = Run(
        id="r-1",
        conversation_id="c-1",
        position=1,
        pack="shop",
        change=change,
        status="running",
        attempts=1,
        created_at=CLOCK.now(),
    )
    claim = Claim(
        conversation_id="c-1",
        contact_id="p-1",
        address="ann",
        pack="shop",
        pack_version="1",
        fence=1,
        runs=(run,),
        conversation=conversation,
        sequence=0,
        head=b"",
    )
    contact = ContactDetails(external_id="C-1", name="Ann", role="buyer")
    given = Turn(claim=claim, pack=pack, at=CLOCK.now(), contact=contact)
    return await work_with(driver_of(graph, driver))(given)


@pytest.fixture(params=["straight", "langgraph"])
def driver(request: pytest.FixtureRequest) -> DriverChoice:
    found: DriverChoice = request.param
    return found


async def reminded(driver: DriverChoice) -> Conversation:
    """A conversation with a payment that was reminded of."""
    return fold((await turn(driver, BEGIN, Conversation())).events)


def kinds(proposal: Proposal) -> list[type]:
    return [type(event) for event in proposal.events]


async def test_a_process_begins(driver: DriverChoice) -> None:
    proposal = await turn(driver, BEGIN, Conversation())
    assert kinds(proposal) == [ChangeRecorded, BindingBegun]
    assert proposal.outcome.facts == {"binding_id": "b-1"}
    assert (proposal.outcome.status, proposal.outcome.reply) == ("completed", None)
    assert proposal.effects == ()


async def test_a_message_is_answered_and_moves(driver: DriverChoice) -> None:
    proposal = await turn(driver, Change(kind="message", value="acknowledged"), await reminded(driver))
    assert kinds(proposal) == [MessageReceived, Decided, BindingMoved, MessageSent]
    assert proposal.outcome.reply == "Noted."
    assert [effect.kind for effect in proposal.effects] == ["check"]
    assert [step.action for step in proposal.steps if step.agent == AGENT] == ["moved"]


async def test_nobody_is_asked_to_answer_what_is_no_message(driver: DriverChoice) -> None:
    proposal = await turn(driver, Change(kind="event", value="payment_received"), await reminded(driver))
    assert kinds(proposal)[:2] == [ChangeRecorded, BindingMoved]
    assert MessageSent not in kinds(proposal)
    assert {step.node for step in proposal.steps} == {"advance_process"}


async def test_a_change_that_concerns_nobody_says_so(driver: DriverChoice) -> None:
    proposal = await turn(driver, Change(kind="event", value="payment_received"), Conversation())
    assert kinds(proposal) == [ChangeRecorded]
    assert proposal.outcome.facts == {"transitions": [], "action_results": []}
    [step] = proposal.steps
    assert (step.action, step.why["reason"]) == ("stayed", "no open process is concerned")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contact_name", "Ann"),
        ("contact_role", "buyer"),
        ("message_count", 1),
        ("conversation_status", "active"),
        ("business_context.tier", "gold"),
    ],
)
async def test_what_conditions_see(driver: DriverChoice, field: str, value: object) -> None:
    """The contact, what the business said, and the conversation with the message that came just now."""
    trigger = {"type": "intent", "conditions": [{"field": field, "operator": "eq", "value": value}]}
    transitions = [{"from_states": ["reminded"], "to_state": "promised", "trigger": trigger}]
    before = replace(BEGIN, data={**BEGIN.data, "business_context": {"tier": "gold"}})
    conversation = fold((await turn(driver, before, Conversation(), transitions=transitions)).events)
    message = Change(kind="message", value="will_pay")
    proposal = await turn(driver, message, conversation, transitions=transitions)
    [moved] = [event for event in proposal.events if isinstance(event, BindingMoved)]
    assert moved.to_state == "promised"


async def test_an_operators_data_is_seen_under_its_name(driver: DriverChoice) -> None:
    change = Change(kind="manual", value="close", data={"extra_data": {"sure": True}})
    assert BindingMoved in kinds(await turn(driver, change, await reminded(driver)))
    change = Change(kind="manual", value="close", data={"sure": True})
    assert BindingMoved not in kinds(await turn(driver, change, await reminded(driver)))


async def test_the_drivers_propose_the_same() -> None:
    for change in (BEGIN, Change(kind="message", value="dispute"), Change(kind="intent", value="will_pay")):
        conversation = Conversation() if change is BEGIN else await reminded("straight")
        one = await turn("straight", change, conversation)
        other = await turn("langgraph", change, conversation)
        strip = [replace(step, ms=0) for step in one.steps], [replace(step, ms=0) for step in other.steps]
        assert strip[0] == strip[1]
        assert (one.events, one.effects, one.outcome) == (other.events, other.effects, other.outcome)
