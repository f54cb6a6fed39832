"""Random maps under random changes, deaths and years: the engine on a store agrees with a plain model of it.

The model knows `core.process.advance` alone. The states are the same, no effect is lost or doubled, what has ended
never moves, and the log folds to the state.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from antiphon.core.conversation import fold
from antiphon.core.event import decode
from antiphon.core.names import Moment
from antiphon.core.process.advance import advance
from antiphon.core.process.binding import Binding, begin, begun
from antiphon.core.process.decision import Move
from antiphon.core.process.definition import StateMapDef
from antiphon.core.process.trigger import Trigger
from antiphon.engine.engine import Limits
from antiphon.ports import ContactAddress
from antiphon.testing import RecordingChannel
from tests.contracts.stores import StoreKind, server_of
from tests.core.process.maps import STATES, conditions, data
from tests.engine.shop import Shop, open_shop, shop_pack

T = TypeVar("T")

BATCH = Limits().effects_at_once // 2  # effects that are taken up at once
INTENT_VALUES = ("acknowledged", "will_pay")  # what a message may mean
VALUES = {"intent": INTENT_VALUES, "event": ("x", "y"), "timeout": ("x", "y"), "manual": ("x",)}
EXAMPLES: dict[StoreKind, int] = {"memory": 40, "sqlite": 15, "postgres": 5}
MOST = 4  # bindings of the conversation
PRIORITY = {"followup": 0, "check": -10, "backend_update": 0, "alert": 0}

triggers = st.sampled_from([(kind, value) for kind, values in VALUES.items() for value in (*values, "unheard")])
pauses = st.sampled_from([0, 31, 1800, 3600, 7200, 86_400 * 365 * 3])


@st.composite
def acting_maps(draw: st.DrawFn) -> StateMapDef:
    """A sound map whose transitions ask for things."""
    terminal = draw(st.lists(st.sampled_from(STATES[1:]), unique=True, max_size=2))
    leaving = [state for state in STATES if state not in terminal]
    check = {"type": st.just("schedule_check"), "delay_minutes": st.sampled_from([0, 30, 60])}
    fires = st.fixed_dictionaries({"check_trigger_value": st.sampled_from(VALUES["timeout"])})
    action = st.one_of(
        st.fixed_dictionaries({**check, "metadata": fires}),
        st.fixed_dictionaries(
            {
                "type": st.just("enqueue_followup"),
                "template": st.just("thanks"),
                "delay_minutes": st.sampled_from([0, 30]),
                "priority": st.just("medium"),
            }
        ),
        st.sampled_from(
            [
                {"type": "update_backend", "backend_endpoint": "told"},
                {"type": "notify"},
                {"type": "resolve"},
                {"type": "escalate"},
            ]
        ),
    )
    transition = st.fixed_dictionaries(
        {
            "from_states": st.lists(st.sampled_from([*leaving, "*"]), min_size=1, max_size=3),
            "to_state": st.sampled_from(STATES),
            "trigger": awaited(),
            "actions": st.lists(action, max_size=2),
        }
    )
    return StateMapDef.model_validate(
        {
            "process_type": "random",
            "states": STATES,
            "initial_state": draw(st.sampled_from(leaving)),
            "terminal_states": terminal,
            "transitions": draw(st.lists(transition, min_size=2, max_size=12)),
        }
    )


def awaited() -> st.SearchStrategy[dict[str, Any]]:
    """What a transition waits for: a value or two of a type, or anything of it, perhaps under conditions."""
    return st.sampled_from(sorted(VALUES)).flatmap(
        lambda kind: st.fixed_dictionaries(
            {"type": st.just(kind), "conditions": st.lists(conditions, max_size=1)},
            optional={"values": st.lists(st.sampled_from(VALUES[kind]), min_size=1, max_size=2, unique=True)},
        )
    )


@dataclass(kw_only=True)
class Promised:
    """An effect of the model."""

    kind: str
    binding_id: str
    due: Moment
    number: int  # in the order in which they were promised
    trigger: Trigger | None = None  # of a check
    status: str = "pending"


@dataclass
class Model:
    """The bindings of one conversation and what they promised."""

    process: StateMapDef
    bindings: dict[str, Binding] = field(default_factory=dict)
    promised: list[Promised] = field(default_factory=list)
    numbers: Any = field(default_factory=count)
    stays: Any = field(default_factory=count)

    def change(self, trigger: Trigger, now: Moment, *, said: bool = False, entity: str | None = None) -> None:
        """A change, in one turn."""
        if said:
            self._cancel({"followup"})
        stay = f"stay-{next(self.stays)}"
        made: list[Promised] = []
        for binding in list(self.bindings.values()):
            if not trigger.value or binding.is_terminal or entity not in (None, binding.entity_id):
                continue
            decided = advance(self.process, binding, trigger, {})
            if isinstance(decided, Move):
                after = self.bindings[binding.id] = decided.after(stay)
                made += self._wishes(decided, after, now)
                if after.is_terminal:
                    self._cancel({"followup", "check"}, binding.id)
        self.promised += made

    def _wishes(self, move: Move, after: Binding, now: Moment) -> list[Promised]:
        made: list[Promised] = []
        for action in move.transition.actions:
            if action.type in ("resolve", "escalate"):
                continue
            kind = {"enqueue_followup": "followup", "schedule_check": "check", "notify": "alert"}.get(
                action.type, "backend_update"
            )
            minutes = action.delay_minutes or (60 if kind == "check" else 0)
            due = now + timedelta(minutes=minutes)
            value = action.metadata.get("check_trigger_value", "")
            fires = Trigger(type="timeout", value=value, binding_id=after.id, state=after.state, stay=after.stay)
            one = Promised(kind=kind, binding_id=after.id, due=due, number=next(self.numbers))
            one.trigger = fires if kind == "check" else None
            made.append(one)
        return made

    def _cancel(self, kinds: set[str], binding_id: str | None = None) -> None:
        for one in self.promised:
            if one.status == "pending" and one.kind in kinds and binding_id in (None, one.binding_id):
                one.status = "cancelled"

    def settle(self, now: Moment, *, lost: frozenset[int] = frozenset()) -> None:
        """All that is due is done; of what was `lost` by a performer that died, calls of the backend are parked."""
        while due := self.due(now)[:BATCH]:
            for one in due:
                parked = one.number in lost and one.kind == "backend_update"
                one.status = "parked" if parked else "done"
            for one in due:
                if one.trigger:
                    self.change(one.trigger, now)

    def due(self, now: Moment) -> list[Promised]:
        """What is due, in the order in which it is taken up."""
        found = [one for one in self.promised if one.status == "pending" and one.due <= now]
        return sorted(found, key=lambda one: (-PRIORITY[one.kind], one.due, one.number))


class ProcessMachine(RuleBasedStateMachine):
    """Drives an engine and the model side by side."""

    kind: ClassVar[StoreKind]
    server: ClassVar[str | None]

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory()
        self._stack = AsyncExitStack()
        self.channel = RecordingChannel("whatsapp", repeatable=True)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def teardown(self) -> None:
        self.do(self._stack.aclose())
        self._runner.close()
        self._folder.cleanup()

    @initialize(process=acting_maps())
    def open(self, process: StateMapDef) -> None:
        pack = shop_pack([process.model_dump(mode="json")])
        opening = open_shop(
            self.kind, Path(self._folder.name), pack=pack, channels=[self.channel], postgres_url=self.server
        )
        self.shop: Shop = self.do(self._stack.enter_async_context(opening))
        self.ann = self.do(self.shop.ann(ContactAddress(space="whatsapp", address="+1")))
        self.model = Model(process)

    @property
    def now(self) -> Moment:
        return self.shop.clock.now()

    @rule(state=st.sampled_from(STATES), own=data, entity=st.sampled_from(["A", "B"]))
    def begin(self, state: str, own: dict[str, Any], entity: str) -> None:
        if len(self.model.bindings) >= MOST:
            return
        given: dict[str, Any] = {"entity_id": entity, "entity_type": "thing", "business_data": own}
        made = self.do(self.shop.service.begin_binding(self.ann, "random", initial_state=state, **given))
        event = begin(self.model.process, run_id="begun", binding_id=made.id, initial_state=state, **given)
        self.model.bindings[made.id] = begun(event)

    @rule(trigger=triggers)
    def change(self, trigger: tuple[str, str]) -> None:
        """An operator's word, of any kind."""
        kind, value = trigger
        self.do(self.shop.put(self.ann, f"{kind}:{value}"))
        self.model.change(Trigger(type=kind, value=value), self.now)  # type: ignore[arg-type]

    @rule(intent=st.sampled_from([*INTENT_VALUES, "out of scope"]))
    def say(self, intent: str) -> None:
        self.do(self.shop.say(intent, channel="whatsapp", address="+1"))
        value = intent if intent in INTENT_VALUES else ""  # out of scope is no intent; it is a reply all the same
        self.model.change(Trigger(type="intent", value=value), self.now, said=True)

    @rule(value=st.sampled_from(VALUES["event"]), entity=st.sampled_from(["A", "B", "nobody"]))
    def happen(self, value: str, entity: str) -> None:
        facts = {"entity_type": "thing", "entity_id": entity}
        happened = self.do(self.shop.service.happen("shop", value, facts))
        meant = [one for one in self.model.bindings.values() if not one.is_terminal and one.entity_id == entity]
        assert happened.concerned == len(meant)
        assert (happened.stray is None) == bool(meant)
        self.model.change(Trigger(type="event", value=value), self.now, entity=entity)

    @rule(seconds=pauses)
    def wait(self, seconds: float) -> None:
        self.do(self.shop.after(seconds))
        self.model.settle(self.now)

    @rule(seconds=pauses)
    def a_performer_dies(self, seconds: float) -> None:
        """It has taken what is due, and is never heard of again."""
        self.shop.clock.advance(seconds)
        lost = frozenset(one.number for one in self.model.due(self.now)[:100])
        self.do(self.shop.store.claim_due("dead", self.now, 100))
        self.do(self.shop.after(31))  # its lease
        self.model.settle(self.now, lost=lost)

    @invariant()
    def the_states_are_the_same(self) -> None:
        if not hasattr(self, "model"):
            return
        stored = {one.id: (one.state, one.is_terminal) for one in self.do(self.shop.bindings())}
        assert stored == {one.id: (one.state, one.is_terminal) for one in self.model.bindings.values()}

    @invariant()
    def no_effect_is_lost_or_doubled(self) -> None:
        if not hasattr(self, "model"):
            return
        kept = self.do(self.shop.effects())
        ours = Counter(
            (one.effect.kind, one.effect.binding_id, one.due_at, one.status)
            for one in kept
            if one.effect.kind != "stray_event"
        )
        assert ours == Counter((one.kind, one.binding_id, one.due, one.status) for one in self.model.promised)
        sent = Counter(message.key for message in self.channel.sent)
        assert set(sent.values()) <= {1}
        assert set(sent) == {one.key for one in kept if (one.effect.kind, one.status) == ("followup", "done")}

    @invariant()
    def the_log_folds_to_the_state(self) -> None:
        """Promises 6 and 7."""
        if not hasattr(self, "model"):
            return
        record = self.do(self.shop.conversation(self.ann))
        sealed = self.do(self.shop.store.events(self.ann, limit=10_000))
        assert fold(decode(one.kind, one.payload) for one in sealed if one.payload) == record.state
        opened = [one.id for one in self.model.bindings.values() if not one.is_terminal]
        assert [one.id for one in record.state.bindings] == opened


@pytest.mark.parametrize("kind", list(EXAMPLES))
def test_the_engine_agrees_with_the_model(kind: StoreKind, request: pytest.FixtureRequest) -> None:
    given = {"kind": kind, "server": server_of(kind, request)}
    machine = type(f"{kind.title()}ProcessMachine", (ProcessMachine,), given)
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES[kind], stateful_step_count=25, deadline=None, suppress_health_check=checks
        ),
    )
