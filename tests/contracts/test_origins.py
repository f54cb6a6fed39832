"""Origins: a run keeps the request that brought it, and a repeated request is the same one all the same (AF.63)."""

from dataclasses import replace

from tests.contracts.desk import Desk, other_ids

ORIGIN = {"request_id": "req-1", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


async def test_a_run_and_its_claim_know_the_request_that_brought_it(desk: Desk) -> None:
    arrival = desk.arrival()
    accepted = await desk.store.accept(replace(arrival, change=replace(arrival.change, origin=ORIGIN)))
    claim = await desk.claim(accepted.run.conversation_id)
    assert accepted.run.change.origin == claim.run.change.origin == ORIGIN
    assert (await desk.known(accepted.run)).change.origin == ORIGIN


async def test_a_repeated_request_keeps_the_origin_of_the_first(desk: Desk) -> None:
    arrival = desk.arrival(key="k", fingerprint="f")
    first = await desk.store.accept(replace(arrival, change=replace(arrival.change, origin=ORIGIN)))
    again = await desk.store.accept(other_ids(arrival))
    assert again.replay
    assert again.run.id == first.run.id
    assert again.run.change.origin == ORIGIN
