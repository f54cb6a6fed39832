"""Random histories of accepts, claims, commits, deaths and retries; each store must agree with the model.

What a person would not think of trying: a stale claim that commits after a takeover of a merge that was given back.
"""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from antiphon.core.effect import Attempted, Effect, KeptEffect, settle
from antiphon.core.errors import IdempotencyKeyReused, LeaseLost, NewerMessage
from antiphon.core.run import Claim, Outcome
from antiphon.engine.engine import Engine
from antiphon.engine.erase import erase
from antiphon.queue.memory import MemoryWakeUps
from antiphon.signals.memory import MemorySignals
from antiphon.testing import CountingIds, SettableClock
from tests.contracts.desk import MERGING, NONE, WORKER, Desk, other_ids
from tests.contracts.model import ModelEffect, ModelLine
from tests.contracts.stores import LEASE_SECONDS, STORE_KINDS, StoreKind, Stores, open_stores, server_of

T = TypeVar("T")

addresses = st.sampled_from(["ann", "bob", "eve"])
kinds = st.sampled_from(["message", "message", "message", "event"])
any_index = st.integers(min_value=0, max_value=1000)  # of whatever there is, modulo how much
EXAMPLES: dict[StoreKind, int] = {"memory": 30, "sqlite": 30, "postgres": 8}  # each asks some thousand questions
pauses = st.sampled_from([1.0, LEASE_SECONDS / 2, LEASE_SECONDS, 61.0])


class StoreMachine(RuleBasedStateMachine):
    """Drives a store and the model side by side."""

    kind: ClassVar[StoreKind]
    server: ClassVar[str | None]

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory()
        self.clock = SettableClock()
        self._home = Path(self._folder.name) / "first"  # where the store is now
        self.stores: Stores = self.do(open_stores(self.kind, self._home, self.clock, self.server))
        self.desk = Desk(store=self.stores.tenant(), clock=self.clock, ids=CountingIds())
        self.lines: dict[str, ModelLine] = {}  # by address
        self.ids: dict[str, str] = {}  # conversation by address
        self.claims: list[tuple[str, Claim]] = []  # every claim ever given, with its address
        self.effects: dict[str, ModelEffect] = {}
        self.taken: list[KeptEffect] = []  # every attempt ever begun
        self.keys: dict[str, tuple[str, str]] = {}  # run and fingerprint by idempotency key
        self.erased: list[str] = []  # runs
        self.numbers = itertools.count(1)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something asynchronous to its end."""
        return self._runner.run(work)

    def teardown(self) -> None:
        self.do(self.stores.close())
        self._runner.close()
        self._folder.cleanup()

    # The model's side of a claim

    def _expect_claim(self, address: str, claim: Claim | None, *, merge: bool) -> None:
        line = self.lines[address]
        if not line.unworked or not line.free(self.clock.now()):
            assert claim is None
            return
        assert claim is not None
        until = self.clock.now() + timedelta(seconds=LEASE_SECONDS)
        taken = line.take(len(self.claims), until, merge=merge)
        self.claims.append((address, claim))
        assert [(run.id, run.attempts) for run in claim.runs] == [(run.id, run.attempts) for run in taken]
        assert claim.sequence == line.events
        assert claim.fence > max((old.fence for at, old in self.claims[:-1] if at == address), default=0)

    # Runs

    @initialize()
    def somebody_writes(self) -> None:
        self.accept(address="ann", kind="message", claims=False)

    @rule(address=addresses, kind=kinds, claims=st.booleans())
    def accept(self, address: str, kind: Any, claims: bool) -> None:
        arrival = self.desk.arrival(str(next(self.numbers)), address=address, kind=kind)
        accepted = self.do(self.desk.store.accept(arrival, claim_for=WORKER if claims else None))
        line = self.lines.setdefault(address, ModelLine())
        assert not accepted.replay
        assert accepted.run.position == line.arrived + 1
        assert self.ids.setdefault(address, accepted.run.conversation_id) == accepted.run.conversation_id
        is_next = not line.unworked
        line.arrive(accepted.run.id, kind)
        if claims and is_next:
            self._expect_claim(address, accepted.claim, merge=False)
        else:
            assert accepted.claim is None

    @rule(
        address=addresses,
        key=st.sampled_from(["k-1", "k-2"]),
        fingerprint=st.sampled_from(["f", "g"]),
        claims=st.booleans(),
    )
    def accept_with_key(self, address: str, key: str, fingerprint: str, claims: bool) -> None:
        arrival = other_ids(self.desk.arrival(address=address, key=key, fingerprint=fingerprint))
        accept = self.desk.store.accept(arrival, claim_for=WORKER if claims and key in self.keys else None)
        if key not in self.keys:
            run = self.do(accept).run
            self.keys[key] = (run.id, fingerprint)
            self.ids.setdefault(address, run.conversation_id)
            self.lines.setdefault(address, ModelLine()).arrive(run.id, "message")
        elif self.keys[key][1] == fingerprint:
            accepted = self.do(accept)
            assert (accepted.replay, accepted.run.id, accepted.claim) == (True, self.keys[key][0], None)
        else:
            with pytest.raises(IdempotencyKeyReused):
                self.do(accept)

    @rule(address=addresses, merge=st.booleans())
    def claim(self, address: str, merge: bool) -> None:
        if address in self.lines:
            packs = MERGING if merge else NONE
            claim = self.do(self.desk.store.claim(self.ids[address], WORKER, merge=packs))
            self._expect_claim(address, claim, merge=merge)

    @rule(address=addresses, merge=st.booleans(), count=st.integers(2, 4))
    def claim_a_burst(self, address: str, merge: bool, count: int) -> None:
        """What chance alone would rarely bring about: several wait, and somebody takes them."""
        for _ in range(count):
            self.accept(address=address, kind="message", claims=False)
        self.claim(address=address, merge=merge)

    @rule(address=addresses, merge=st.booleans())
    def take_over(self, address: str, merge: bool) -> None:
        """The holder dies, and somebody else goes on."""
        self.clock.advance(LEASE_SECONDS)
        self.claim(address=address, merge=merge)

    @precondition(lambda self: self.claims)
    @rule(
        index=any_index,
        status=st.sampled_from(["completed", "escalated", "awaiting_approval", "failed"]),
        keeps=st.booleans(),
        merge=st.booleans(),
        yields=st.booleans(),
        promises=st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0, 30])), max_size=2),
    )
    def commit(
        self,
        index: int,
        status: Any,
        keeps: bool,
        merge: bool,
        yields: bool,
        promises: list[tuple[int, int]],
    ) -> None:
        number = len(self.claims) - 1 - index % len(self.claims)  # small ones are the latest, as most are
        address, claim = self.claims[number]
        line, now = self.lines[address], self.clock.now()
        effects = tuple(
            Effect(
                kind="notify",
                priority=priority,
                due_at=now + timedelta(seconds=wait),
                repeatable=priority > 0,
            )
            for priority, wait in promises
        )
        outcome = Outcome(status=status, reply="ok")
        turn = self.desk.turn(claim, outcome=outcome, effects=effects, refuse_if_newer=yields)
        commit = self.desk.store.commit(turn, keep_for=WORKER if keeps else None, merge=MERGING if merge else NONE)
        behind = line.unworked[len(claim.runs) :][:1]
        if line.holder != number:
            with pytest.raises(LeaseLost):
                self.do(commit)
            return
        if yields and behind and behind[0].kind == "message":
            with pytest.raises(NewerMessage) as newer:
                self.do(commit)
            line.give_back()
            following = newer.value.claim
        else:
            following = self.do(commit)
            line.finish(len(claim.runs), status, len(turn.events))
            for place, (priority, wait) in enumerate(promises):
                due_at = now + timedelta(seconds=wait)
                self.effects[f"{claim.run.id}:{place}"] = ModelEffect(due_at=due_at, priority=priority)
        if keeps:
            self._expect_claim(address, following, merge=merge)
        else:
            assert following is None

    @precondition(lambda self: self.claims)
    @rule(index=any_index)
    def release(self, index: int) -> None:
        number = len(self.claims) - 1 - index % len(self.claims)
        address, claim = self.claims[number]
        self.do(self.desk.store.release(claim))
        if self.lines[address].holder == number:
            self.lines[address].give_back()

    @precondition(lambda self: self.claims)
    @rule(indices=st.lists(any_index, max_size=3))
    def renew(self, indices: list[int]) -> None:
        numbers = {index % len(self.claims) for index in indices}
        self.do(self.desk.store.renew([self.claims[number][1] for number in numbers]))
        for line in self.lines.values():
            if line.holder in numbers:
                line.until = self.clock.now() + timedelta(seconds=LEASE_SECONDS)

    @rule(address=addresses, index=any_index)
    def erase(self, address: str, index: int) -> None:
        line = self.lines.get(address)
        if line is None or not line.runs:
            return
        run = line.runs[-1 - index % len(line.runs)]
        assert self.do(erase(self._engine(), run.id))
        gone = line.erase(run)
        self.erased += gone
        self.keys = {key: use for key, use in self.keys.items() if use[0] not in gone}
        self.effects = {key: effect for key, effect in self.effects.items() if key.partition(":")[0] not in gone}

    def _engine(self) -> Engine:
        """Who erases, with nobody to tell of it."""
        desk = self.desk
        return Engine(
            owner=WORKER,
            store=desk.store,
            clock=desk.clock,
            ids=desk.ids,
            businesses={},
            signals=MemorySignals(),
            wake_ups=MemoryWakeUps(),
        )

    @rule(seconds=pauses)
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    # Starts and deaths of the process

    def _open_again(self, folder: Path) -> None:
        self.stores = self.do(open_stores(self.kind, folder, self.clock))
        self.desk = replace(self.desk, store=self.stores.tenant())
        # Whoever held a lease is gone; until somebody takes over, what they bring is still theirs.
        for line in self.lines.values():
            if line.until is not None:
                line.until = self.clock.now()
        for effect in self.effects.values():
            if effect.status == "performing":
                effect.until = self.clock.now()

    @precondition(lambda self: self.kind == "sqlite")
    @rule()
    def stop_and_start(self) -> None:
        self.do(self.stores.close())
        self._open_again(self._home)

    @precondition(lambda self: self.kind == "sqlite")
    @rule()
    def die_and_start(self) -> None:
        """What is on disk at this moment is all that the next process finds."""
        self._home, left = self._home.with_name(f"after-{next(self.numbers)}"), self._home
        self._home.mkdir()
        for file in left.glob("antiphon.db*"):
            if not file.name.endswith("-shm"):
                shutil.copyfile(file, self._home / file.name)
        self.do(self.stores.close())
        self._open_again(self._home)

    # Effects

    @rule(limit=st.integers(1, 3))
    def claim_due(self, limit: int) -> None:
        now = self.clock.now()
        due = [key for key, effect in self.effects.items() if effect.due(now)]
        due.sort(key=lambda key: (-self.effects[key].priority, self.effects[key].due_at, key))
        taken = self.do(self.desk.store.claim_due(WORKER, now, limit))
        assert [kept.key for kept in taken] == due[:limit]
        for kept in taken:
            effect = self.effects[kept.key]
            assert kept.abandoned == (effect.status == "performing")
            effect.status, effect.attempts = "performing", effect.attempts + 1
            effect.until = now + timedelta(seconds=LEASE_SECONDS)
            assert kept.attempts == effect.attempts
        self.taken += taken

    @precondition(lambda self: self.taken)
    @rule(index=any_index, outcome=st.sampled_from(["done", "failed", "unknown"]))
    def settle(self, index: int, outcome: Any) -> None:
        kept = self.taken[-1 - index % len(self.taken)]
        settled = settle(kept, Attempted(outcome=outcome, reason=outcome), self.clock.now())
        self.do(self.desk.store.settle(settled))
        effect = self.effects.get(kept.key)
        if effect and effect.status == "performing" and effect.attempts == kept.attempts:
            effect.status, effect.due_at, effect.until = settled.status, settled.due_at, None

    # What must hold at any time

    @invariant()
    def runs_stand_as_in_the_model(self) -> None:
        for line in self.lines.values():
            for expected in line.runs:
                run = self.do(self.desk.store.run(expected.id))
                assert run is not None
                assert (run.position, run.status, run.attempts, run.merged_into) == (
                    expected.position,
                    expected.status,
                    expected.attempts,
                    expected.merged_into,
                )

    @invariant()
    def nothing_is_left_of_what_was_erased(self) -> None:
        for run_id in self.erased:
            assert self.do(self.desk.store.run(run_id)) is None
            assert self.do(self.desk.store.effect(f"{run_id}:0")) is None

    @invariant()
    def who_waits_is_known(self) -> None:
        now = self.clock.now()
        waiting = [self.ids[address] for address, line in self.lines.items() if line.unworked and line.free(now)]
        assert sorted(self.do(self.desk.store.waiting(10))) == sorted(waiting)

    @invariant()
    def logs_hold_and_fold_to_the_state(self) -> None:
        for address, line in self.lines.items():
            record = self.do(self.desk.record(address))
            assert record.sequence == line.events
            self.do(self.desk.check_log(record.id, record))

    @invariant()
    def effects_stand_as_in_the_model(self) -> None:
        for key, expected in self.effects.items():
            kept = self.do(self.desk.store.effect(key))
            assert kept is not None
            assert (kept.status, kept.attempts, kept.due_at) == (
                expected.status,
                expected.attempts,
                expected.due_at,
            )


@pytest.mark.timeout(300)  # seconds; a failure is shrunk before it is shown, which takes its time
@pytest.mark.parametrize("store_kind", STORE_KINDS)
def test_a_store_agrees_with_the_model_whatever_happens(store_kind: StoreKind, request: pytest.FixtureRequest) -> None:
    class Machine(StoreMachine):
        kind = store_kind
        server = server_of(store_kind, request)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES[store_kind],
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
