"""Maps over time: a binding goes on under the map that it began under, until somebody takes it to another."""

from pathlib import Path
from typing import Any

import pytest

from antiphon.clock import SystemClock
from antiphon.core.errors import DataFolderInUse, MigrationInvalid
from antiphon.settings import Settings
from antiphon.trying.migrating import Wanted, migrate, outlook, renames_of
from tests.contracts.stores import open_stores
from tests.trying.branch import Branch, begin, event, say, state
from tests.trying.dues import PROCESS, write_pack

CHANGED = PROCESS.replace("promised", "agreed").replace("value: payment_received", "value: money_came")


async def test_a_binding_goes_on_under_its_map_after_the_file_was_changed(branch: Branch) -> None:
    before = branch.version
    async with branch.open() as service:
        old = await begin(service, "ann")
    branch.change(CHANGED)
    async with branch.open() as service:
        new = await begin(service, "bob")
        await say(service, "ann", "I will pay on Friday")
        await say(service, "bob", "I will pay on Friday")
        assert await state(service, old) == ("promised", before)
        assert await state(service, new) == ("agreed", branch.version)
        assert service.business("dues").map_of("payment", before) is not None
    async with branch.open() as service:  # the file has been another one for two starts now
        for person in ("ann", "bob"):
            await event(service, person, "payment_received")
        assert await state(service, old) == ("paid", before)
        assert await state(service, new) == ("agreed", branch.version)


async def test_nothing_is_migrated_before_somebody_says_so(branch: Branch) -> None:
    async with branch.open() as service:
        open_one, promised = await begin(service, "ann"), await begin(service, "bob")
        await say(service, "bob", "I will pay on Friday")
    before = branch.version
    branch.change(CHANGED)
    async with branch.open():
        pass
    wanted = Wanted(process_type="payment", to="current")

    found = await outlook(branch.settings, wanted)

    assert {(one.binding.id, one.to_state) for one in found.plan.moves} == {(open_one.id, "open")}
    assert [(one.binding.id, one.reason) for one in found.plan.stuck] == [(promised.id, "state_gone")]
    async with branch.open() as service:
        assert await state(service, open_one) == ("open", before)


async def test_a_migration_is_a_change_of_each_conversation(branch: Branch) -> None:
    async with branch.open() as service:
        open_one, promised = await begin(service, "ann"), await begin(service, "bob")
        await say(service, "bob", "I will pay on Friday")
    before = branch.version
    branch.change(CHANGED)
    wanted = Wanted(process_type="payment", to="current", renamed=renames_of(["promised=agreed"]))

    found = await migrate(branch.settings, wanted)

    assert len(found.plan.moves) == 2
    assert found.plan.stuck == ()
    async with branch.open() as service:
        assert await state(service, open_one) == ("open", branch.version)
        assert await state(service, promised) == ("agreed", branch.version)
        record = await service.engine.store.binding(promised.id)
        assert record is not None
        moves: list[Any] = [move.moved for move in await service.engine.store.moves(record)]
        assert (moves[-1].from_version, moves[-1].to_version) == (before, branch.version)
        assert (moves[-1].from_state, moves[-1].to_state) == ("promised", "agreed")
        await event(service, "bob", "money_came")
        assert await state(service, promised) == ("paid", branch.version)
    again = await migrate(branch.settings, wanted)
    assert (len(again.plan.moves), len(again.plan.unchanged)) == (0, 1)


async def test_a_binding_can_go_back_to_a_map_of_before(branch: Branch) -> None:
    before = branch.version
    async with branch.open() as service:
        binding = await begin(service, "ann")
    branch.change(CHANGED)
    await migrate(branch.settings, Wanted(process_type="payment", to="current"))
    await migrate(branch.settings, Wanted(process_type="payment", to=before))
    async with branch.open() as service:
        assert await state(service, binding) == ("open", before)


async def test_the_timers_of_a_binding_go_on(branch: Branch) -> None:
    async with branch.open() as service:
        binding = await begin(service, "ann")
        await say(service, "ann", "I will pay on Friday")
        stay = (await service.engine.store.conversation(binding.conversation_id)).state.bindings[0].stay  # type: ignore[union-attr]
    branch.change(PROCESS.replace("description: They did not keep it", "description: Late"))
    await migrate(branch.settings, Wanted(process_type="payment", to="current"))
    async with branch.open() as service:
        record = await service.engine.store.conversation(binding.conversation_id)
        assert record is not None
        assert record.state.bindings[0].stay == stay


@pytest.mark.parametrize(
    ("process", "to", "renamed", "said"),
    [
        ("refund", "current", {}, "refund is a process of no pack"),
        ("payment", "7", {}, "payment has no version 7; these are known: "),
        ("payment", "current", {"open": "closed"}, "there is no state closed"),
    ],
)
async def test_what_cannot_be_is_said_and_changes_nothing(
    branch: Branch, process: str, to: str, renamed: dict[str, str], said: str
) -> None:
    async with branch.open():
        pass
    for work in (outlook, migrate):
        with pytest.raises(MigrationInvalid, match=said):
            await work(branch.settings, Wanted(process_type=process, to=to, renamed=renamed))


def test_a_rename_has_two_names() -> None:
    assert renames_of(["a=b", "c=d"]) == {"a": "b", "c": "d"}
    with pytest.raises(MigrationInvalid, match="`a` is no rename"):
        renames_of(["a"])


async def test_beside_a_server_it_can_be_looked_at_and_not_done(tmp_path: Path) -> None:
    write_pack(tmp_path / "packs" / "dues")
    settings = Settings(data_dir=tmp_path / "data", packs_dir=tmp_path / "packs", worker=False)
    branch = Branch(packs=tmp_path / "packs", settings=settings)
    wanted = Wanted(process_type="payment", to="current")
    async with branch.open() as service:
        await begin(service, "ann")
        assert len((await outlook(settings, wanted)).plan.unchanged) == 1
        with pytest.raises(DataFolderInUse):
            await migrate(settings, wanted)


async def test_a_process_learns_of_a_map_that_another_one_brought(tmp_path: Path, quiet_postgres_url: str) -> None:
    """A rolling update: the process of before works a binding that the newer one began."""
    await (await open_stores("postgres", tmp_path, SystemClock(), quiet_postgres_url)).close()
    opened = []
    for name in ("before", "after"):
        packs = tmp_path / name
        write_pack(packs / "dues", **({"processes__payment": CHANGED} if name == "after" else {}))
        settings = Settings(data_dir=tmp_path / name, packs_dir=packs, database_url=quiet_postgres_url, worker=False)
        opened.append(Branch(packs=packs, settings=settings))
    before, after = opened
    async with before.open() as old, after.open() as new:
        binding = await begin(new, "ann")
        await say(old, "ann", "I will pay on Friday")
        assert await state(old, binding) == ("agreed", after.version)
