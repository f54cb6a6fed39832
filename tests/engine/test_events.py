"""Events of the business's own system find what they are about (CV.2, CV.25)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from antiphon.core.errors import PackNotLoaded
from antiphon.core.rule import RuleMiss
from antiphon.engine.rules import RuleResult
from antiphon.engine.transition import Transition
from tests.contracts.stores import StoreKind
from tests.engine.shop import PLACED, Shop, open_shop, shop_pack

ORDER_PLACED = {"contact_id": "D002", "order_id": "ORD-9", "id": "ORD-9", "order_value": 20_000}
INVOICE = {"entity_type": "invoice", "entity_id": "INV-1"}


@pytest.fixture
async def shop(kind: StoreKind, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(kind, tmp_path, pack=shop_pack(rules=[PLACED])) as opened:
        yield opened


async def test_cv_25_an_event_moves_the_bindings_about_its_entity_alone(shop: Shop) -> None:
    ann = await shop.ann()
    meant = await shop.begin(ann)
    other = await shop.begin(ann, entity_id="INV-2")
    happened = await shop.service.happen("shop", "payment_received", {**INVOICE, "amount": 100})
    [moved] = happened.results
    assert moved == Transition(
        binding_id=meant.id,
        process_type="payment",
        from_state="pending",
        to_state="confirmed",
        transition="pending → confirmed",
        actions=("enqueue_followup", "resolve"),
        conversation_id=ann,
        run_id=moved.run_id or "",
    )
    assert moved.source == "state_machine"
    assert (happened.concerned, happened.stray) == (1, None)
    assert await shop.state(other.id) == "pending"


async def test_cv_25_an_event_reaches_every_conversation_that_is_about_it(shop: Shop) -> None:
    bindings = []
    for address in ("ann", "bob", "cy"):
        conversation = (await shop.say("question", address=address)).conversation_id
        bindings.append(await shop.begin(conversation, "order", entity_type="order", entity_id="O-1"))
    happened = await shop.service.happen("shop", "order_shipped", {"entity_type": "order", "entity_id": "O-1"})
    assert {one.binding_id for one in happened.results} == {one.id for one in bindings}
    assert [await shop.state(one.id) for one in bindings] == ["shipped"] * 3


async def test_an_event_that_moves_nothing_says_that_it_concerned_somebody(shop: Shop) -> None:
    await shop.begin(await shop.ann())
    happened = await shop.service.happen("shop", "order_shipped", INVOICE)
    assert (happened.concerned, happened.results, happened.stray) == (1, (), None)


@pytest.mark.parametrize(
    "data", [{"entity_type": "invoice", "entity_id": "INV-404"}, {}, {"entity_type": ["x"], "entity_id": True}]
)
async def test_an_event_for_an_entity_nobody_knows_is_accepted_recorded_and_said_so(
    shop: Shop, data: dict[str, object]
) -> None:
    await shop.begin(await shop.ann())
    happened = await shop.service.happen("shop", "payment_received", data)
    assert (happened.concerned, happened.results) == (0, ())
    await shop.settle()
    [kept] = await shop.effects("stray_event")
    assert kept.key == happened.stray
    assert kept.status == "done"
    assert kept.effect.payload == {"pack": "shop", "event": "payment_received", "data": data}
    assert [binding.state for binding in await shop.bindings()] == ["pending"]


async def test_an_event_with_a_key_counts_once(shop: Shop) -> None:
    binding = await shop.begin(await shop.ann(), "order", entity_type="order", entity_id="O-1")
    for _ in range(3):
        await shop.service.happen("shop", "order_shipped", {"entity_type": "order", "entity_id": "O-1"}, key="e-1")
        await shop.service.happen("shop", "order_placed", ORDER_PLACED, key="e-2")
    assert len(await shop.store.moves(binding)) == 1
    assert len(await shop.bindings()) == 2


async def test_an_event_of_a_pack_that_is_not_here(shop: Shop) -> None:
    with pytest.raises(PackNotLoaded):
        await shop.service.happen("bakery", "payment_received", INVOICE)


# Rules of events


async def test_cv_38_an_event_rule_begins_a_process_and_writes_at_its_time(shop: Shop) -> None:
    happened = await shop.service.happen("shop", "order_placed", ORDER_PLACED)
    [result] = happened.results
    assert isinstance(result, RuleResult)
    assert (result.source, result.rule_id, result.status) == ("rules_engine", "order_confirmation", "enqueued")
    [binding] = await shop.bindings()
    assert (binding.id, binding.state) == (result.binding_id, "placed")
    assert (binding.entity_type, binding.entity_id) == ("order", "ORD-9")
    [follow_up] = await shop.follow_ups()
    assert follow_up.kept.key == result.followup_id
    assert follow_up.kept.effect.payload["rule_id"] == "order_confirmation"
    await shop.after(30 * 60 - 1)
    assert (await shop.follow_ups())[0].status == "scheduled"


async def test_cv_38_a_contact_of_the_backend_is_saved_with_its_channels(shop: Shop) -> None:
    await shop.service.happen("shop", "order_placed", ORDER_PLACED)
    contact = await shop.store.contact_of("D002")
    assert contact is not None
    assert contact.details.name == "Priya Sharma"
    assert contact.details.organization == "Sharma Distributors"
    assert {one.space for one in contact.details.addresses} == {"email", "voice"}
    [binding] = await shop.bindings()
    assert binding.contact_id == contact.id
    answer = await shop.say("question", channel="email", address="priya@sharma-distributors.example")
    assert answer.conversation_id == binding.conversation_id


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"order_value": 9_999}, "order_value gte does not hold"),
        ({"contact_id": None}, "the data has no contact_id"),
    ],
)
async def test_cv_38_a_rule_that_wants_nothing_says_why(shop: Shop, changed: dict[str, object], reason: str) -> None:
    happened = await shop.service.happen("shop", "order_placed", {**ORDER_PLACED, **changed})
    assert happened.results == ()
    [miss] = happened.missed
    assert isinstance(miss, RuleMiss)
    assert miss.reason == reason
    assert happened.stray is not None


async def test_cv_38_a_contact_whom_nobody_knows_is_skipped(shop: Shop) -> None:
    happened = await shop.service.happen("shop", "order_placed", {**ORDER_PLACED, "contact_id": "X"})
    assert [(one.status, one.reason) for one in happened.results if isinstance(one, RuleResult)] == [
        ("skipped", "contact_not_found")
    ]
    assert await shop.bindings() == []


async def test_cv_38_the_same_is_not_begun_twice(shop: Shop) -> None:
    """The duplicate guard: an open process about the same. Another order is another matter."""
    for order, expected in (("ORD-9", "enqueued"), ("ORD-9", "duplicate"), ("ORD-10", "enqueued")):
        data = {**ORDER_PLACED, "id": order, "order_id": order}
        [result] = (await shop.service.happen("shop", "order_placed", data)).results
        assert isinstance(result, RuleResult)
        assert result.status == expected
    assert len(await shop.bindings()) == 2
    assert len(await shop.follow_ups()) == 2
    finished = {"entity_type": "order", "entity_id": "ORD-9"}
    for event in ("order_shipped", "delivered"):
        await shop.service.happen("shop", event, finished)
    [again] = (await shop.service.happen("shop", "order_placed", ORDER_PLACED)).results
    assert isinstance(again, RuleResult)
    assert again.status == "enqueued"
