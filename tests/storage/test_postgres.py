"""Opening PostgreSQL, and what its failures mean."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from antiphon.core.change import Change
from antiphon.core.errors import StoreUnavailable
from antiphon.storage.postgres import open_postgres
from antiphon.testing import CountingIds, SettableClock
from tests.contracts.desk import Desk
from tests.local_servers import PostgresServer
from tests.server import free_port


async def test_of_many_who_open_an_empty_database_at_once_one_makes_the_tables(postgres_server: PostgresServer) -> None:
    opened = await asyncio.gather(*(open_postgres(postgres_server.url()) for _ in range(4)))
    desks = [Desk(store=stores.tenant(), clock=SettableClock(), ids=CountingIds()) for stores in opened]
    await desks[0].arrive()
    for desk in desks:
        await desk.store.check()
    assert await opened[3].tenants() == ["default"]
    for stores in opened:
        await stores.close()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+asyncpg"])
async def test_an_address_is_read_as_others_write_it(quiet_postgres_url: str, scheme: str) -> None:
    stores = await open_postgres(quiet_postgres_url.replace("postgresql", scheme, 1))
    await stores.tenant().check()
    await stores.close()


async def test_a_server_that_is_not_there_is_not_available() -> None:
    with pytest.raises(StoreUnavailable, match="Connect"):
        await open_postgres(f"postgresql://antiphon:secret@127.0.0.1:{free_port()}/antiphon")


async def test_the_schema_of_a_later_version_is_left_alone(postgres_server: PostgresServer) -> None:
    await (await open_postgres(postgres_server.url())).close()
    admin = await asyncpg.connect(postgres_server.url())
    await admin.execute("UPDATE alembic_version SET version_num = '9999'")
    await admin.close()
    with pytest.raises(StoreUnavailable, match="9999, of a later version"):
        await open_postgres(postgres_server.url())


@pytest.mark.parametrize("text", ["nul \0 byte", "lone \ud800 surrogate"])
async def test_text_that_cannot_be_stored_is_a_defect_and_no_outage(quiet_postgres_url: str, text: str) -> None:
    """The edge refuses it; if it came through, trying again later would not help."""
    stores = await open_postgres(quiet_postgres_url)
    desk = Desk(store=stores.tenant("text"), clock=SettableClock(), ids=CountingIds())
    with pytest.raises(Exception) as refused:  # noqa: PT011 - whose it is, is the driver's business
        await desk.store.accept(replace(desk.arrival(), address=text, change=Change(kind="message", value="hi")))
    assert not isinstance(refused.value, StoreUnavailable)
    assert await desk.store.conversation_ids() == []
    await stores.close()


async def test_more_callers_than_connections_take_their_turns(quiet_postgres_url: str) -> None:
    stores = await open_postgres(quiet_postgres_url, pool_size=2)
    numbers = await asyncio.gather(*(stores.tenant("many").next_number("n") for _ in range(50)))
    assert sorted(numbers) == list(range(1, 51))
    await stores.close()


async def test_leases_end_on_the_clock_of_the_database(quiet_postgres_url: str) -> None:
    """The arrival's own time, years ago here, has no say."""
    stores = await open_postgres(quiet_postgres_url, lease_seconds=0.05)
    desk = Desk(store=stores.tenant("clock"), clock=SettableClock(), ids=CountingIds())
    held = await desk.begin()
    assert await desk.store.claim(held.conversation_id, "another") is None
    await asyncio.sleep(0.06)
    assert await desk.store.waiting(10) == [held.conversation_id]
    assert await desk.store.claim(held.conversation_id, "another") is not None
    await stores.close()


async def test_callers_who_go_away_leave_the_connections_to_others(quiet_postgres_url: str) -> None:
    stores = await open_postgres(quiet_postgres_url, pool_size=4)
    desk = Desk(store=stores.tenant("away"), clock=SettableClock(), ids=CountingIds())
    for turns in range(30):
        callers = [asyncio.create_task(desk.arrive(address=f"caller-{number}")) for number in range(12)]
        for _ in range(turns):
            await asyncio.sleep(0)  # a little further into the statement each time
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
    async with asyncio.timeout(5):
        await asyncio.gather(*(desk.arrive(address=f"caller-{number}") for number in range(12)))
    await stores.close()
