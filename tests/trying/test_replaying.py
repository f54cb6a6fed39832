"""Replay: recorded conversations under a changed pack, turn by turn, with what was understood then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from antiphon.core.change import Change
from antiphon.core.intent import Understanding
from antiphon.engine.engine import Business
from antiphon.engine.pack_versions import keep_version
from antiphon.engine.receive import Request, receive
from antiphon.loader import load_pack
from antiphon.ports import Classifier
from antiphon.trying.recorded import recorded
from antiphon.trying.replaying import RecordedUnderstanding, Replayed, replayed
from antiphon.trying.stage import START, Stage, staged
from antiphon.trying.world import ScenarioBackend, World, world
from tests.trying.dues import INTENTS, PACK, PROCESS, write_pack

BEGIN = {"binding_id": "b-1", "entity_type": "invoice", "entity_id": "INV-1"}
CHECK = "check timeout promise_check of payment INV-1 after"


async def lived(stage: Stage, *, paid: bool = True) -> World:
    """A promise that was broken, and paid in the end."""
    made = world(stage.business, at=START, backend=ScenarioBackend())
    pack = stage.business.pack
    await keep_version(made.store, pack, stage.business.version, START)
    await put(made, Change(kind="begin", value="payment", data=BEGIN))
    await put(made, Change(kind="message", value="I will pay on Friday"))
    await days(made, 4)
    if paid:
        await made.service.happen(pack.name, "payment_received", {"entity_type": "invoice", "entity_id": "INV-1"})
        await made.settle()
    return made


async def put(made: World, change: Change, person: str = "ann") -> None:
    await receive(made.engine, Request(pack=made.pack, change=change, space="chat", address=person))
    await made.settle()


async def days(made: World, count: int) -> None:
    await made.pass_until(made.clock.now() + timedelta(days=count))


@dataclass(kw_only=True)
class Away:
    """A classifier that must not be asked."""

    async def classify(
        self, text: str, *, allowed: frozenset[str] | None = None, parts: Sequence[str] = ()
    ) -> Understanding:
        raise AssertionError(f"{text} was understood anew, among {allowed}, in {parts}")


async def under(
    made: World, folder: Path, *, since: datetime | None = None, anew: Classifier | None = None
) -> tuple[list[Replayed], RecordedUnderstanding]:
    """What the world would have come to under the pack in a folder."""
    pack = load_pack(folder)
    kept = await made.store.kept_intents(made.pack)
    used: list[RecordedUnderstanding] = []

    def around(classifier: Classifier) -> RecordedUnderstanding:
        used.append(RecordedUnderstanding(anew or classifier, pack.definition, kept))
        return used[-1]

    async with staged(pack, folder.parent / "vectors", around) as changed:
        business: Business = changed.business
        found = [await replayed(one, business, used[0]) async for one in recorded(made.store, made.pack, since)]
    return found, used[0]


def told(found: list[Replayed]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [
        (f"{one.change.kind} {one.change.value}", one.before, one.after)
        for replayed in found
        for one in replayed.differences
    ]


async def test_the_same_pack_changes_nothing_and_asks_nobody(stage: Stage, tmp_path: Path) -> None:
    made = await lived(stage)
    (found,), understanding = await under(made, write_pack(tmp_path / "dues"), anew=Away())

    assert (found.turns, found.differences, found.stuck) == (5, (), ())
    assert (understanding.reused, understanding.understood_anew) == (1, 0)


async def test_an_effect_that_would_come_later_is_told(stage: Stage, tmp_path: Path) -> None:
    made = await lived(stage)
    found, _ = await under(made, write_pack(tmp_path / "dues", processes__payment=PROCESS.replace("4320", "60")))

    assert told(found) == [("message I will pay on Friday", (f"{CHECK} 4320 minutes",), (f"{CHECK} 60 minutes",))]


async def test_a_transition_that_is_gone_changes_all_that_came_after_it(stage: Stage, tmp_path: Path) -> None:
    made = await lived(stage)
    process = PROCESS.replace("value: will_pay", "value: question")
    (one,), _ = await under(made, write_pack(tmp_path / "dues", processes__payment=process))

    changes = {f"{found.change.kind} {found.change.value}": found for found in one.differences}
    assert list(changes) == ["message I will pay on Friday", "timeout promise_check", "event payment_received"]
    promised = changes["message I will pay on Friday"]
    assert promised.before[0] == "payment INV-1: open → promised"
    assert promised.after == ()
    assert changes["event payment_received"].before == ("payment INV-1: overdue → paid",)
    assert changes["event payment_received"].after == ("payment INV-1: open → paid",)


async def test_another_specialist_and_a_handoff_are_told(stage: Stage, tmp_path: Path) -> None:
    made = await lived(stage)
    pack = PACK + "gate: {handoff_intents: [will_pay]}\n"
    intents = INTENTS.replace("specialist: cashier", "specialist: desk")
    found, understanding = await under(made, write_pack(tmp_path / "dues", pack=pack, intents=intents), anew=Away())

    assert told(found) == [
        (
            "message I will pay on Friday",
            ("goes to cashier as will_pay",),
            ("goes to desk as will_pay", "a person is asked for", "the run is escalated"),
        )
    ]
    assert understanding.reused == 1


async def test_other_examples_are_understood_anew(stage: Stage, tmp_path: Path) -> None:
    made = await lived(stage)
    intents = INTENTS.replace("I will pay on Friday, ", "")
    _, understanding = await under(made, write_pack(tmp_path / "dues", intents=intents))

    assert (understanding.reused, understanding.understood_anew) == (0, 1)


async def test_since_goes_on_from_where_things_stood(stage: Stage, tmp_path: Path) -> None:
    made = await lived(stage)
    since = START + timedelta(days=2)  # before the check fired
    folder = write_pack(tmp_path / "dues", processes__payment=PROCESS.replace("They did not keep it", "Late"))
    (found,), _ = await under(made, folder, since=since, anew=Away())
    assert (found.turns, found.differences) == (3, ())

    changed = PROCESS.replace("value: promise_check", "value: never")
    (found,), _ = await under(made, write_pack(tmp_path / "dues", processes__payment=changed), since=since)
    assert found.differences[0].before[0] == "payment INV-1: promised → overdue"
    assert (await under(made, folder, since=made.clock.now() + timedelta(days=1)))[0] == []


async def test_a_binding_without_a_place_is_told(stage: Stage, tmp_path: Path) -> None:
    made = await lived(stage, paid=False)
    folder = write_pack(tmp_path / "dues", processes__payment=PROCESS.replace("promised", "agreed"))
    (found,), _ = await under(made, folder, since=START + timedelta(days=1))

    assert found.stuck == ("payment INV-1 in promised: state_gone",)


async def test_a_conversation_of_which_something_was_erased_is_left_out(stage: Stage, tmp_path: Path) -> None:
    made = await lived(stage)
    line = next(iter(made.store._tables.lines.values()))
    line.events[1] = replace(line.events[1], payload=None, key=None)
    (found,), _ = await under(made, write_pack(tmp_path / "dues"))

    assert found.recorded.erased
    assert found.differences == ()


@pytest.mark.parametrize("attempts", [2, 3])
async def test_an_effect_that_was_tried_again_is_not_taken_for_a_later_one(
    stage: Stage, tmp_path: Path, attempts: int
) -> None:
    made = await lived(stage)
    tables = made.store._tables
    for row in tables.effects.values():
        row.kept = replace(row.kept, attempts=attempts, due_at=made.clock.now())
    (found,), _ = await under(made, write_pack(tmp_path / "dues"))
    assert found.differences == ()
