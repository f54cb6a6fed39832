"""Erasing on PostgreSQL when the connection is lost (AF.9): it is done once, whatever the caller was told of it."""

from typing import Any

import pytest

from antiphon.core.errors import StoreUnavailable
from antiphon.engine.engine import Engine
from antiphon.engine.erase import erase
from antiphon.queue.memory import MemoryWakeUps
from antiphon.signals.memory import MemorySignals
from antiphon.storage.postgres import open_postgres
from antiphon.storage.postgres.connections import Connections, Record
from antiphon.testing import CountingIds, SettableClock
from tests.contracts.desk import WORKER, Desk


class Losing(Connections):
    """Connections of which those that erase are lost: before the statement arrives, or before its answer does."""

    def __init__(self, sound: Connections, *, done: bool, losses: int) -> None:
        self._sound, self._done, self.losses = sound, done, losses

    async def rows(self, statement: str, *values: Any) -> list[Record]:
        if "antiphon_erase" not in statement or not self.losses:
            return await self._sound.rows(statement, *values)
        self.losses -= 1
        if self._done:
            await self._sound.rows(statement, *values)
        raise StoreUnavailable(reason="the connection was lost", in_doubt=True)


@pytest.mark.parametrize("done", [True, False])
async def test_af_9_what_was_in_doubt_is_done_once(quiet_postgres_url: str, done: bool) -> None:
    clock = SettableClock()
    stores = await open_postgres(quiet_postgres_url, clock=clock)
    sound = stores.connections
    stores.connections = losing = Losing(sound, done=done, losses=1)
    desk = Desk(store=stores.tenant(f"doubt-{done}"), clock=clock, ids=CountingIds())
    engine = Engine(
        owner=WORKER,
        store=desk.store,
        clock=clock,
        ids=desk.ids,
        businesses={},
        signals=MemorySignals(),
        wake_ups=MemoryWakeUps(),
    )
    claim = await desk.work()
    assert await erase(engine, claim.run.id)
    assert losing.losses == 0
    kinds = [event.kind for event in await desk.store.events(claim.conversation_id)]
    assert kinds == ["message_received", "message_sent", "run_erased"]
    later = await desk.work("later")
    losing.losses = 2
    with pytest.raises(StoreUnavailable):
        await erase(engine, later.run.id)
    await sound.close()
