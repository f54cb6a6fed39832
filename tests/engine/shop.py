"""A business with processes and rules on a real turn graph and any store: what Converse is tested on."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from antiphon.backend.mock import MockBackend
from antiphon.core.change import Change
from antiphon.core.effect import KeptEffect
from antiphon.core.pack import PackDef
from antiphon.engine.engine import Business, Engine, Limits
from antiphon.engine.receive import Request
from antiphon.engine.respond import Response
from antiphon.engine.schedule import Schedule
from antiphon.engine.service import Service
from antiphon.graph.build import build_turn_graph
from antiphon.graph.drivers import driver_of
from antiphon.graph.work import work_with
from antiphon.ports import (
    Backend,
    BindingQuery,
    BindingRecord,
    Channel,
    ContactAddress,
    ContactDetails,
    ConversationRecord,
    EffectQuery,
    FollowUpQuery,
    FollowUpRecord,
    Store,
)
from antiphon.queue.memory import MemoryWakeUps
from antiphon.signals.memory import MemorySignals
from antiphon.testing import (
    CountingIds,
    FixedKnowledge,
    FixedScales,
    RecordingChannel,
    ScriptedClassifier,
    SettableClock,
    understood,
)
from tests.contracts.stores import StoreKind, open_stores

HOUR, DAY = 3600.0, 86_400.0
INTENTS = ("acknowledged", "will_pay", "paid", "dispute", "question")
PAYMENT: dict[str, Any] = {
    "process_type": "payment",
    "states": ["pending", "reminded", "acknowledged", "promised", "overdue", "confirmed", "escalated", "closed"],
    "initial_state": "pending",
    "terminal_states": ["confirmed", "closed"],
    "transitions": [
        {"from_states": ["pending"], "to_state": "reminded", "trigger": {"type": "action", "value": "outreach_sent"}},
        {
            "from_states": ["reminded"],
            "to_state": "acknowledged",
            "trigger": {"type": "intent", "value": "acknowledged"},
            "actions": [
                {
                    "type": "schedule_check",
                    "delay_minutes": 2880,
                    "metadata": {"check_trigger_value": "no_payment_48h"},
                }
            ],
        },
        {
            "from_states": ["pending", "reminded", "acknowledged"],
            "to_state": "promised",
            "trigger": {"type": "intent", "value": "will_pay"},
            "actions": [
                {"type": "update_backend", "backend_endpoint": "promise", "backend_payload": {"status": "promised"}},
                {"type": "schedule_check", "delay_minutes": 60},
                {"type": "enqueue_followup", "template": "reminder", "delay_minutes": 30, "priority": "high"},
            ],
        },
        {
            "from_states": ["acknowledged"],
            "to_state": "overdue",
            "trigger": {"type": "timeout", "value": "no_payment_48h"},
            "actions": [
                {"type": "enqueue_followup", "template": "overdue"},
                {"type": "notify", "metadata": {"target": "finance", "message": "not paid"}},
            ],
        },
        {
            "from_states": ["promised"],
            "to_state": "overdue",
            "trigger": {"type": "timeout", "value": "no_response_60m"},
        },
        {
            "from_states": ["*"],
            "to_state": "confirmed",
            "trigger": {"type": "event", "value": "payment_received"},
            "actions": [{"type": "enqueue_followup", "template": "thanks"}, {"type": "resolve"}],
        },
        {
            "from_states": ["*"],
            "to_state": "escalated",
            "trigger": {"type": "intent", "value": "dispute"},
            "actions": [{"type": "escalate", "metadata": {"reason": "a dispute"}}],
        },
        {
            "from_states": ["*"],
            "to_state": "escalated",
            "trigger": {"type": "timeout", "values": ["max_attempts_reached"]},
            "actions": [{"type": "escalate"}],
        },
        {
            "from_states": ["*"],
            "to_state": "closed",
            "trigger": {
                "type": "manual",
                "value": "close",
                "conditions": [{"field": "extra_data.sure", "operator": "eq", "value": True}],
            },
        },
    ],
}
ORDER: dict[str, Any] = {
    "process_type": "order",
    "states": ["placed", "shipped", "delivered"],
    "initial_state": "placed",
    "terminal_states": ["delivered"],
    "transitions": [
        {"from_states": ["placed"], "to_state": "shipped", "trigger": {"type": "event", "value": "order_shipped"}},
        {"from_states": ["shipped"], "to_state": "delivered", "trigger": {"type": "event", "value": "delivered"}},
        {"from_states": ["placed"], "to_state": "placed", "trigger": {"type": "intent", "value": "question"}},
    ],
}
REPLIES = {
    "hello": "Noted.",
    "reminder": "Dear {contact_name}, please pay {amount}.",
    "overdue": "It is overdue.",
    "thanks": "Thank you.",
    "broken": "{nowhere}",
    "order": "Your order {entity_id} is on its way.",
}
REMINDER: dict[str, Any] = {
    "id": "payment_reminder",
    "trigger": {"type": "schedule", "cron": "0 10 * * *"},
    "conditions": [{"field": "days_overdue", "operator": "gte", "value": 3}],
    "actions": [
        {
            "type": "start_conversation",
            "template": "reminder",
            "channel_priority": ["whatsapp"],
            "process_type": "payment",
            "entity_type": "invoice",
        }
    ],
}
PLACED: dict[str, Any] = {
    "id": "order_confirmation",
    "trigger": {"type": "event", "event_name": "order_placed"},
    "conditions": [{"field": "order_value", "operator": "gte", "value": 10_000}],
    "actions": [
        {
            "type": "start_conversation",
            "template": "order",
            "delay_minutes": 30,
            "process_type": "order",
            "entity_type": "order",
            "entity_id_field": "order_id",
        }
    ],
}
INVOICE = {"entity_type": "invoice", "entity_id": "INV-1", "business_data": {"amount": 100, "id": "FU-1"}}


def shop_pack(processes: Iterable[Mapping[str, Any]] = (PAYMENT, ORDER), rules: Iterable[Any] = ()) -> PackDef:
    """The pack, with other processes or rules where a test wants them."""
    return PackDef.model_validate(
        {
            "name": "shop",
            "title": "Shop",
            "version": "1",
            "intents": [{"name": name, "examples": ["a", "b", "c"], "specialist": "counter"} for name in INTENTS],
            "specialists": {"counter": {"kind": "say", "reply": "hello"}},
            "replies": REPLIES,
            "fallback": "counter",
            "fallback_intent": "question",
            "processes": {one["process_type"]: one for one in processes},
            "rules": list(rules),
        }
    )


def said(name: str, facts: Mapping[str, Any]) -> str:
    """The reply with its facts in it; those of the business are seen as if they were its own."""
    return REPLIES[name].format(**{**facts.get("business_context", {}), **facts})


@dataclass(kw_only=True)
class Shop:
    """A service of the business, with everything that it stands on at hand."""

    service: Service
    store: Store
    clock: SettableClock
    ids: CountingIds
    channels: dict[str, Channel]
    backend: Backend | None

    def other(self) -> "Shop":
        """Another process at work on the same store."""
        engine = replace(self.service.engine, owner="other", performers={}, ids=CountingIds(series=7))
        return replace(self, service=Service.of(engine))

    # What comes in

    async def say(self, text: str, channel: str = "chat", address: str = "ann") -> Response:
        """Somebody says something; the text is the intent that is understood."""
        change = Change(kind="message", value=text, channel=channel)
        return await self.service.respond(Request(pack="shop", change=change, space=channel, address=address))

    async def ann(self, *addresses: ContactAddress) -> str:
        """The contact Ann, with an address on chat and WhatsApp or on those given; her conversation's id."""
        known = addresses or (_address("chat", "ann"), _address("whatsapp", "+491"))
        details = ContactDetails(external_id="C-1", name="Ann", role="buyer", organization="Acme", addresses=known)
        await self.store.save_contact(details, self.ids.new(), self.clock.now())
        change = Change(kind="manual", value="hello")
        first = known[0]
        request = Request(pack="shop", change=change, space=first.space, address=first.address)
        return (await self.service.respond(request)).conversation_id

    async def begin(self, conversation_id: str, process: str = "payment", **given: Any) -> BindingRecord:
        """A process, about an invoice where nothing else is said."""
        return await self.service.begin_binding(conversation_id, process, **{**INVOICE, **given})

    async def put(self, conversation_id: str, change: str, **extra: Any) -> list[str]:
        """A change such as `manual:close`; the transitions."""
        kind, _, value = change.partition(":")
        changed = await self.service.change_context(conversation_id, kind, value, extra)  # type: ignore[arg-type]
        return [move.transition for move in changed.transitions]

    # What is seen

    async def state(self, binding_id: str) -> str:
        """Where a binding stands."""
        binding = await self.store.binding(binding_id)
        assert binding is not None
        return binding.state

    async def conversation(self, conversation_id: str) -> ConversationRecord:
        record = await self.store.conversation(conversation_id)
        assert record is not None
        return record

    async def follow_ups(self) -> list[FollowUpRecord]:
        """All of them, the oldest first."""
        found = await self.store.follow_ups(FollowUpQuery(pack="shop", limit=100))
        return found[::-1]

    async def effects(self, kind: str | None = None) -> list[KeptEffect]:
        return (await self.store.effects(EffectQuery(limit=1000, kind=kind)))[::-1]

    async def bindings(self) -> list[BindingRecord]:
        return (await self.store.bindings(BindingQuery(pack="shop", limit=100)))[::-1]

    def sent(self, channel: str = "whatsapp") -> list[str]:
        """What was said on a recording channel."""
        recorded = self.channels[channel]
        assert isinstance(recorded, RecordingChannel)
        return [message.text for message in recorded.sent]

    # Time

    async def settle(self) -> None:
        """Work and perform until nothing is due."""
        performing, engine = self.service.performing, self.service.engine
        for _ in range(50):
            found = await performing.look()
            await performing.finish()
            for conversation_id in await engine.store.waiting(100):
                await self.service.turns.work_off(conversation_id)
                found += 1
            if not found:
                return
        raise AssertionError("it never comes to rest")

    async def after(self, seconds: float) -> None:
        """That much later, with all that fell due done."""
        self.clock.advance(seconds)
        await self.settle()

    async def schedule(self) -> None:
        """What a worker does at its start, and every minute."""
        await Schedule(self.service.engine).promise()


def _address(space: str, address: str) -> ContactAddress:
    return ContactAddress(space=space, address=address)


@asynccontextmanager
async def open_shop(
    kind: StoreKind,
    folder: Path,
    *,
    pack: PackDef | None = None,
    channels: Iterable[Channel] | None = None,
    backend: Backend | None = None,
    limits: Limits | None = None,
    postgres_url: str | None = None,
) -> AsyncIterator[Shop]:
    """A shop on a store of a kind."""
    clock, ids = SettableClock(), CountingIds()
    stores = await open_stores(kind, folder, clock, postgres_url)
    store, pack = stores.tenant(), pack or shop_pack()
    classifier = ScriptedClassifier(
        {name: understood(name) for name in INTENTS}, understood("question", in_scope=False)
    )
    graph = build_turn_graph(
        pack,
        classifier=classifier,
        scales=FixedScales({}),
        knowledge=FixedKnowledge(),
        numbers=store,
        render=said,
        versions={},
    )
    business = Business(
        pack=pack,
        digest="0" * 64,
        work=work_with(driver_of(graph)),
        classifier=classifier,
        knowledge=FixedKnowledge(),
        render=said,
    )
    used = (
        channels if channels is not None else (RecordingChannel("chat", repeatable=True), RecordingChannel("whatsapp"))
    )
    named = {channel.name: channel for channel in used}
    engine = Engine(
        owner="shop",
        store=store,
        clock=clock,
        ids=ids,
        businesses={"shop": business},
        signals=MemorySignals(),
        wake_ups=MemoryWakeUps(),
        channels=named,
        backend=backend or MockBackend(),
        limits=limits or Limits(),
    )
    try:
        yield Shop(
            service=Service.of(engine), store=store, clock=clock, ids=ids, channels=named, backend=engine.backend
        )
    finally:
        await stores.close()
