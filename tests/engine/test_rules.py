"""Rules of schedules and conditions, and the firings that are promised (CV.4, CV.38)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from antiphon.backend.mock import MockBackend
from antiphon.core.backend import BackendContact, PendingItem
from antiphon.core.errors import BackendAway, BackendMisconfigured
from antiphon.engine.schedule import Schedule, next_firing
from antiphon.engine.service import Service
from antiphon.ports import Promise
from tests.contracts.stores import StoreKind
from tests.engine.shop import DAY, HOUR, REMINDER, Shop, open_shop, shop_pack

LATE: dict[str, Any] = {
    "id": "late",
    "trigger": {"type": "condition"},
    "conditions": [{"field": "status", "operator": "eq", "value": "shipped"}],
    "actions": [{"type": "send_notification", "template": "thanks", "channel_priority": ["whatsapp"]}],
}
LOUD: dict[str, Any] = {
    "id": "loud",
    "trigger": {"type": "condition"},
    "conditions": [{"field": "days_overdue", "operator": "gte", "value": 7}],
    "actions": [
        {"type": "escalate", "escalation": {"escalate_to": "finance"}},
        {"type": "update_backend", "metadata": {"endpoint": "flag"}},
    ],
}


class Backend(MockBackend):
    """The mock backend, which may be away and counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked = 0

    async def get_pending_followups(self, *, limit: int = 100) -> list[PendingItem]:
        self.asked += 1
        if self.away:
            raise BackendAway(operation="get_followups", where="test", reason="away")
        return await super().get_pending_followups(limit=limit)

    async def get_contact(self, contact_id: str) -> BackendContact | None:
        if self.away:
            raise BackendAway(operation="get_contact", where="test", reason="away")
        return await super().get_contact(contact_id)


@pytest.fixture
async def shop(kind: StoreKind, tmp_path: Path) -> AsyncIterator[Shop]:
    pack = shop_pack(rules=[REMINDER])
    async with open_shop(kind, tmp_path, pack=pack, backend=Backend()) as opened:
        yield opened


def with_rules(shop: Shop, *rules: Any, **engine: Any) -> Shop:
    """The same store, after somebody has changed the rules."""
    business = replace(shop.service.engine.businesses["shop"], pack=shop_pack(rules=rules))
    changed = replace(shop.service.engine, businesses={"shop": business}, performers={}, **engine)
    return replace(shop, service=Service.of(changed))


async def firings(shop: Shop) -> list[tuple[str, str]]:
    """When each firing is or was due, and what became of it."""
    return [(kept.key.removeprefix("rule:shop:payment_reminder:"), kept.status) for kept in await shop.effects("rule")]


TODAY, TOMORROW = "2026-01-01T10:00:00+00:00", "2026-01-02T10:00:00+00:00"


async def test_cv_38_a_scheduled_rule_fires_at_its_time_and_promises_the_next(shop: Shop) -> None:
    await shop.schedule()
    assert await firings(shop) == [(TODAY, "pending")]
    await shop.after(HOUR - 1)
    assert shop.sent() == []
    await shop.after(1)
    assert await firings(shop) == [(TODAY, "done"), (TOMORROW, "pending")]
    [binding] = await shop.bindings()
    assert (binding.entity_id, binding.state) == ("INV-2024-1234", "reminded")
    assert shop.sent() == ["Dear Rajesh Kumar, please pay 250000."]


async def test_cv_38_a_scheduled_rule_fires_once_across_processes(shop: Shop) -> None:
    other = shop.other()
    for _ in range(3):
        await asyncio.gather(shop.schedule(), other.schedule())
    shop.clock.advance(HOUR)
    for _ in range(10):
        await asyncio.gather(
            shop.service.performing.look(), other.service.performing.look(), shop.schedule(), other.schedule()
        )
        await asyncio.gather(shop.service.performing.finish(), other.service.performing.finish())
    await shop.settle()
    assert isinstance(shop.backend, Backend)
    assert shop.backend.asked == 1
    assert len(shop.sent()) == len(await shop.bindings()) == 1
    assert await firings(shop) == [(TODAY, "done"), (TOMORROW, "pending")]


async def test_cv_38_what_goes_on_is_not_begun_again_the_next_day(shop: Shop) -> None:
    await shop.schedule()
    for _ in range(3):
        await shop.after(DAY)
    assert len(await shop.bindings()) == len(shop.sent()) == 1
    assert [status for _, status in await firings(shop)] == ["done", "done", "done", "pending"]


async def test_a_firing_that_was_slept_through_comes_late_and_once(shop: Shop) -> None:
    await shop.schedule()
    await shop.after(5 * DAY)
    assert [status for _, status in await firings(shop)] == ["done", "pending"]
    assert len(shop.sent()) == 1


async def test_a_clock_that_jumps_back_does_no_harm(shop: Shop) -> None:
    await shop.schedule()
    await shop.after(HOUR)
    shop.clock.advance(-2 * HOUR)
    await shop.schedule()
    await shop.settle()
    await shop.after(2 * HOUR)
    assert len(shop.sent()) == 1
    assert await firings(shop) == [(TODAY, "done"), (TOMORROW, "pending")]


async def test_a_clock_that_was_years_ahead_does_no_harm(shop: Shop) -> None:
    """What it promised then is far away; the schedule is looked after by the clock of today."""
    schedule = Schedule(shop.service.engine)
    shop.clock.advance(3650 * DAY)
    await schedule.promise()
    shop.clock.advance(-3650 * DAY)
    assert await schedule.promise() == 1
    assert await schedule.promise() == 0
    await shop.after(HOUR)
    assert len(shop.sent()) == 1


async def test_schedules_are_in_their_time_zone(shop: Shop) -> None:
    business = replace(shop.service.engine.businesses["shop"], zone=ZoneInfo("Asia/Kolkata"))
    firing = next_firing(business, business.rules[0], shop.clock.now())
    assert firing is not None
    assert firing.due_at == datetime(2026, 1, 2, 4, 30, tzinfo=UTC)


async def test_the_worker_promises_at_its_start(shop: Shop) -> None:
    running = shop.service.start()
    async with asyncio.timeout(5):
        while not await shop.effects("rule"):  # noqa: ASYNC110 - what the store says; the timeout bounds it
            await asyncio.sleep(0.005)
    await shop.service.drain(running)
    assert await firings(shop) == [(TODAY, "pending")]


async def test_a_rule_that_is_gone_or_changed_does_not_fire(shop: Shop) -> None:
    await shop.schedule()
    changed = {**REMINDER, "trigger": {"type": "schedule", "cron": "0 11 * * *"}}
    await with_rules(shop, changed).after(HOUR)
    assert await firings(shop) == [(TODAY, "done")]
    await with_rules(shop, {**REMINDER, "enabled": False}).schedule()
    assert len(await firings(shop)) == 1
    assert shop.sent() == []


async def test_cv_36_a_backend_that_is_away_is_asked_again_and_the_next_firing_stays(shop: Shop) -> None:
    assert isinstance(shop.backend, Backend)
    shop.backend.away = True
    await shop.schedule()
    await shop.after(HOUR)
    assert await firings(shop) == [(TODAY, "pending"), (TOMORROW, "pending")]
    shop.backend.away = False
    await shop.after(90)
    assert await firings(shop) == [(TODAY, "done"), (TOMORROW, "pending")]
    assert len(shop.sent()) == 1


async def test_a_wish_that_fails_holds_up_no_other(shop: Shop) -> None:
    """Who the contact is cannot be asked just then; it is asked again."""
    assert isinstance(shop.backend, Backend)
    await shop.schedule()
    shop.clock.advance(HOUR)
    await shop.service.performing.look()
    await shop.service.performing.finish()
    shop.backend.away = True
    await shop.settle()
    [hit] = await shop.effects("rule_hit")
    assert (hit.status, "away" in str(hit.reason)) == ("pending", True)
    shop.backend.away = False
    await shop.after(90)
    assert len(shop.sent()) == 1


async def test_a_wish_that_is_performed_twice_is_done_once(shop: Shop) -> None:
    """Its performer died after it was done."""
    await shop.schedule()
    shop.clock.advance(HOUR)
    await shop.service.performing.look()
    await shop.service.performing.finish()
    [kept] = await shop.store.claim_due("dead", shop.clock.now(), 10)
    await shop.service.engine.performers["rule_hit"].perform(kept)
    await shop.after(60)  # the lease has ended
    assert (await shop.effects("rule_hit"))[0].status == "done"
    assert len(await shop.bindings()) == len(shop.sent()) == 1


# Now


async def test_cv_4_rules_are_gone_through_now(shop: Shop) -> None:
    gone = await shop.service.go_through_rules("shop")
    assert (gone.backend_items_evaluated, gone.followups_enqueued) == (3, 1)
    again = await shop.service.go_through_rules("shop")
    assert (again.backend_items_evaluated, again.followups_enqueued) == (3, 0)
    assert [one.status for one in again.results] == ["duplicate"]
    assert "goes on about the same" in str(again.results[0].reason)
    assert len(await shop.bindings()) == 1


async def test_cv_4_priorities_come_from_the_data(shop: Shop) -> None:
    """INV-2024-1234 is 250,000: high, and so its message goes before others."""
    await shop.service.go_through_rules("shop")
    [follow_up] = await shop.follow_ups()
    assert (follow_up.kept.effect.payload["priority"], follow_up.kept.effect.priority) == ("high", 10)


async def test_cv_4_without_a_backend_there_is_nothing_to_go_through(shop: Shop) -> None:
    with pytest.raises(BackendMisconfigured):
        await with_rules(shop, REMINDER, backend=None).service.go_through_rules("shop")


async def test_cv_38_condition_rules_write_without_a_process(shop: Shop) -> None:
    """The guard holds for messages too: one about the same goes on until it is answered."""
    late = with_rules(shop, LATE)
    assert (await late.service.go_through_rules("shop")).followups_enqueued == 1
    await late.settle()
    assert late.sent() == ["Thank you."]
    [again] = (await late.service.go_through_rules("shop")).results
    assert again.status == "duplicate"
    await late.say("question", channel="whatsapp", address="+919000000003")
    assert (await late.service.go_through_rules("shop")).followups_enqueued == 1


async def test_cv_38_condition_rules_are_asked_when_a_schedule_fires(shop: Shop) -> None:
    both = with_rules(shop, REMINDER, LATE)
    await both.schedule()
    await both.after(HOUR)
    assert sorted(both.sent()) == ["Dear Rajesh Kumar, please pay 250000.", "Thank you."]


async def test_cv_38_a_rule_may_escalate_and_tell_the_backend(shop: Shop) -> None:
    loud = with_rules(shop, LOUD)
    escalated, told = (await loud.service.go_through_rules("shop")).results
    assert (escalated.action, escalated.status) == ("escalate", "escalated")
    assert (told.action, told.status) == ("update_backend", "enqueued")
    assert (await loud.conversation(str(escalated.conversation_id))).state.status == "escalated"
    await loud.settle()
    assert isinstance(shop.backend, Backend)
    assert [(one.endpoint, one.key) for one in shop.backend.told] == [("flag", told.followup_id)]
    [alert] = await loud.effects("alert")
    assert alert.detail["target"] == "finance"


async def test_a_firing_that_is_promised_is_one_promise(shop: Shop) -> None:
    business = shop.service.engine.businesses["shop"]
    firing = next_firing(business, business.rules[0], shop.clock.now())
    assert isinstance(firing, Promise)
    await shop.store.promise((firing, firing))
    await shop.store.promise((firing,))
    assert len(await shop.effects("rule")) == 1
