"""What packs were before: maps that bindings began under, and what was understood."""

from dataclasses import replace
from datetime import timedelta

from antiphon.ports import KeptMap
from antiphon.testing import SettableClock
from tests.contracts.desk import Desk
from tests.contracts.stores import Stores

DEFINITION = {"process_type": "payment", "states": ["a", "b"], "metadata": {"ü": [1, None, True, "x"]}}


def kept(version: str, clock: SettableClock, process: str = "payment") -> KeptMap:
    return KeptMap(process_type=process, version=version, definition=DEFINITION, seen_at=clock.now())


async def test_maps_are_kept_by_process_and_age(desk: Desk, clock: SettableClock) -> None:
    first = kept("2+abc", clock)
    clock.advance(60)
    second, other = kept("1+abc", clock), kept("9", clock, "order")
    await desk.store.keep_maps("shop", [second, other])
    await desk.store.keep_maps("shop", [first])

    assert await desk.store.kept_maps("shop") == [other, first, second]
    assert await desk.store.kept_maps("bank") == []


async def test_a_version_that_is_kept_stays_as_it_is(desk: Desk, clock: SettableClock) -> None:
    first = kept("1", clock)
    await desk.store.keep_maps("shop", [first])
    await desk.store.keep_maps("shop", [replace(first, seen_at=first.seen_at + timedelta(days=1), definition={})])

    assert await desk.store.kept_maps("shop") == [first]


async def test_what_was_understood_is_kept_by_version(desk: Desk, clock: SettableClock) -> None:
    await desk.store.keep_intents("shop", "1.0+aa", "digest a", clock.now())
    await desk.store.keep_intents("shop", "1.0+bb", "digest b", clock.now())
    await desk.store.keep_intents("shop", "1.0+aa", "digest a", clock.now())
    await desk.store.keep_intents("bank", "1.0+aa", "digest c", clock.now())

    assert await desk.store.kept_intents("shop") == {"1.0+aa": "digest a", "1.0+bb": "digest b"}


async def test_each_tenant_has_packs_of_its_own(stores: Stores, clock: SettableClock) -> None:
    ours, theirs = stores.tenant("ours"), stores.tenant("theirs")
    await ours.keep_maps("shop", [kept("1", clock)])
    await ours.keep_intents("shop", "1", "d", clock.now())

    assert await theirs.kept_maps("shop") == []
    assert await theirs.kept_intents("shop") == {}
