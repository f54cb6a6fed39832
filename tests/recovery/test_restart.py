"""What a process accepted and did not live to answer is answered by the next one."""

from pathlib import Path

from antiphon.clock import RandomIds, SystemClock
from antiphon.core.change import Change
from antiphon.core.run import Arrival
from antiphon.storage.sqlite import open_sqlite
from tests.server import Server

PACK, SPACE = "autostream", "autostream/session"


async def accepted_by_a_process_that_died(data: Path, *, begun: bool) -> str:
    """A message in the store of a server that is gone; `begun`: its turn had been claimed."""
    ids, clock = RandomIds(), SystemClock()
    stores = await open_sqlite(data, clock=clock)
    arrival = Arrival(
        run_id=ids.new(),
        pack=PACK,
        pack_version="1.0",
        space=SPACE,
        address="s",
        change=Change(kind="message", value="Hi"),
        contact_id=ids.new(),
        conversation_id=ids.new(),
        at=clock.now(),
    )
    await stores.tenant().accept(arrival, claim_for="the dead process" if begun else None)
    await stores.close()
    return arrival.run_id


async def check_answered_at_next_start(data: Path, packs: Path, run_id: str) -> None:
    with Server(data, packs=packs) as server:
        server.say("What does Pro cost?", "s")  # waits for its turn behind the message of before
        assert server.stop() == 0
    stores = await open_sqlite(data, clock=SystemClock())
    store = stores.tenant()
    run = await store.run(run_id)
    record = await store.conversation_at(PACK, SPACE, "s")
    assert run is not None
    assert record is not None
    assert run.status == "completed"
    assert [said.role for said in record.state.recent] == ["user", "assistant", "user", "assistant"]
    await stores.close()


async def test_promise_1_a_message_that_was_accepted_is_answered_by_the_next_start(
    data: Path, autostream: Path
) -> None:
    run_id = await accepted_by_a_process_that_died(data, begun=False)
    await check_answered_at_next_start(data, autostream, run_id)


async def test_promise_2_a_turn_that_was_begun_is_taken_over_at_once(data: Path, autostream: Path) -> None:
    """The process owns the folder alone, so it does not wait for the lease of a dead one."""
    run_id = await accepted_by_a_process_that_died(data, begun=True)
    await check_answered_at_next_start(data, autostream, run_id)
