"""Listing runs (AF.7): newest first, page by page, by status, intent and the words that came in."""

from dataclasses import replace

import pytest

from antiphon.core.run import Outcome, Run
from antiphon.ports import RunQuery
from tests.contracts.desk import PACK, Desk

MAIL = {"sender_name": "Zoë Ångström", "sender_email": "zoe@example.com", "subject": "100% of _my_ order"}


async def _ids(desk: Desk, **wanted: object) -> list[str]:
    query = RunQuery(**{"pack": PACK, **wanted})  # type: ignore[arg-type]  # a test names what it wants
    return [run.id for run in await desk.store.runs(query)]


async def test_af_7_the_newest_comes_first(desk: Desk) -> None:
    runs: list[Run] = []
    for number in range(4):
        runs.append(await desk.arrive(address=f"person-{number}"))
        desk.clock.advance(number % 2)  # some at the same time: then their ids say which is first
    await desk.arrive(pack="helpdesk")
    newest = sorted(runs, key=lambda run: (run.created_at, run.id), reverse=True)
    assert await desk.store.runs(RunQuery(pack=PACK)) == newest


async def test_af_7_pages_follow_each_other_also_while_more_arrives(desk: Desk) -> None:
    runs = [await desk.arrive(address=f"person-{number}") for number in range(7)]
    seen: list[Run] = []
    while True:
        before = (seen[-1].created_at, seen[-1].id) if seen else None
        page = await desk.store.runs(RunQuery(pack=PACK, limit=3, before=before))
        assert len(page) <= 3
        if not page:
            break
        seen += page
        desk.clock.advance(1)
        await desk.arrive(address="late")
    assert [run.id for run in seen] == sorted((run.id for run in runs), reverse=True)


async def test_af_7_a_list_shows_runs_as_they_are_found_alone(desk: Desk) -> None:
    claim = await desk.work()
    assert await desk.store.runs(RunQuery(pack=PACK)) == [await desk.known(claim.run)]


async def test_af_7_runs_are_chosen_by_status(desk: Desk) -> None:
    done = await desk.work(address="ann")
    running = await desk.begin(address="bob")
    queued = await desk.arrive(address="bob")
    assert await _ids(desk, statuses=frozenset({"completed"})) == [done.run.id]
    assert await _ids(desk, statuses=frozenset({"running", "queued"})) == sorted(
        [running.run.id, queued.id], reverse=True
    )
    assert await _ids(desk, statuses=frozenset({"failed"})) == []


async def test_af_7_runs_are_chosen_by_the_intent_of_their_outcome(desk: Desk) -> None:
    asked = await desk.begin(address="ann")
    await desk.store.commit(desk.turn(asked, outcome=Outcome(status="completed", intent="pricing")))
    await desk.work(address="bob")
    await desk.arrive(address="eve")
    assert await _ids(desk, intent="pricing") == [asked.run.id]
    assert await _ids(desk, intent="nothing") == []


@pytest.mark.parametrize(
    "text",
    [
        "message",
        "Name",
        "subject matter",
        "LOST",
        "was lost",
        "zoë",
        "ZOË ÅNG",
        "Zoe@Example",
        "order",
        "100%",
        "_my_",
        "%",
        "back\\slash",
        "it's",
    ],
)
async def test_af_7_text_is_found_in_whatever_case(desk: Desk, text: str) -> None:
    arrival = desk.arrival("My parcel, name of a subject matter, a message, was lost; it's a back\\slash", data=MAIL)
    found = (await desk.store.accept(arrival)).run
    await desk.arrive("Hello", address="bob")
    assert await _ids(desk, text=text) == [found.id]


@pytest.mark.parametrize("text", ["message", "sender", "kind", "chat", "10_%", "lost%parcel", "{"])
async def test_af_7_text_is_found_in_what_people_wrote_and_nowhere_else(desk: Desk, text: str) -> None:
    await desk.store.accept(desk.arrival("My parcel was lost", data={**MAIL, "other": "message sender kind"}))
    assert await _ids(desk, text=text) == []


async def test_af_7_all_conditions_hold_at_once(desk: Desk) -> None:
    wanted = await desk.work("a red hat", address="ann")
    await desk.work("a blue hat", address="bob")
    await desk.arrive("a red hat", address="eve")
    newer = replace(await desk.known(wanted.run), id="ffffffff")
    assert await _ids(
        desk,
        text="red",
        intent="greeting",
        statuses=frozenset({"completed", "escalated"}),
        before=(newer.created_at, newer.id),
        limit=1,
    ) == [wanted.run.id]
