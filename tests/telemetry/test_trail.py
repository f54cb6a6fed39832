"""The request that brought a run is found wherever the run is: logs, snapshots, steps, frames (AF.19, AF.63)."""

import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from antiphon.api.request_id import RequestId
from antiphon.core.errors import StoreUnavailable
from antiphon.core.proposal import Proposal
from antiphon.core.step import Step
from antiphon.engine.engine import Engine
from antiphon.engine.live import LiveSteps
from antiphon.ports import HotState, Turn, Work
from antiphon.signals.memory import MemoryHotState
from antiphon.telemetry import JsonLines, LogTrail, request_id_var, run_id_var
from tests.telemetry.shop import Shop, shop, with_engine

STEP = Step(node="counter", agent="seller", action="sold", output="a loaf")


def worked_by(work: Work) -> Shop:
    """A shop whose graph is this."""

    def changed(engine: Engine) -> Engine:
        business = engine.businesses["bakery"]
        return replace(engine, businesses={"bakery": replace(business, work=work)})

    return with_engine(shop(), changed)


class Noting(logging.Handler):
    """Writes each record where it is logged, as a stream would."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []
        self.failed = asyncio.Event()  # an error was logged

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(JsonLines().format(record)))
        if record.levelno >= logging.ERROR:
            self.failed.set()


@pytest.fixture
def noted() -> Iterator[Noting]:
    handler, logger = Noting(), logging.getLogger("antiphon")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


async def test_af_63_the_lines_of_a_background_turn_name_its_request_and_its_run(noted: Noting) -> None:
    async def work(turn: Turn) -> Proposal:
        logging.getLogger("antiphon.test").info("at work")
        return await s.b.work(turn)

    s = worked_by(work)
    async with s.client() as client:
        one = (await client.post("/leave/ann", headers={"X-Request-ID": "req-1"})).json()
        other = (await client.post("/leave/ann", headers={"X-Request-ID": "req-2"})).json()
    await s.work_off(one["conversation_id"])
    seen = [(line["request_id"], line["run_id"]) for line in noted.lines if line["message"] == "at work"]
    assert seen == [("req-1", one["run_id"]), ("req-2", other["run_id"])]
    assert (request_id_var.get(), run_id_var.get()) == (None, None)


async def test_a_turn_worked_in_a_request_names_its_own_request_and_not_that_one(noted: Noting) -> None:
    """Whoever waits for a turn may go on with the next run of the conversation, which somebody else brought."""

    async def work(turn: Turn) -> Proposal:
        logging.getLogger("antiphon.test").info("at work")
        return await s.b.work(turn)

    s = worked_by(work)
    s.b.work.hold = asyncio.Event()
    async with s.client() as client:
        first = asyncio.create_task(client.post("/say/ann", headers={"X-Request-ID": "req-1"}))
        await s.b.work.started.wait()
        await client.post("/leave/ann", headers={"X-Request-ID": "req-2"})
        s.b.work.hold.set()
        await first
    await s.service.turns.finish()
    assert [line["request_id"] for line in noted.lines if line["message"] == "at work"] == ["req-1", "req-2"]


async def test_a_defect_is_logged_with_its_run(noted: Noting) -> None:
    s = shop()
    s.b.work.failures = [RuntimeError("a defect")]
    async with s.client() as client:
        answer = (await client.post("/leave/ann", headers={"X-Request-ID": "req-1"})).json()
    await s.work_off(answer["conversation_id"])
    (line,) = [line for line in noted.lines if line["message"] == "turn failed"]
    assert (line["request_id"], line["run_id"]) == ("req-1", answer["run_id"])


async def test_work_that_failed_in_the_background_is_logged_with_its_run(noted: Noting) -> None:
    """The line is written by the worker, where the turn's names are gone."""
    s = shop()
    s.b.work.failures = [StoreUnavailable(reason="away")]
    async with s.client() as client:
        answer = (await client.post("/leave/ann", headers={"X-Request-ID": "req-1"})).json()
    running = s.service.start()
    await noted.failed.wait()
    await s.service.drain(running)
    line = next(line for line in noted.lines if line["message"].startswith("background work failed"))
    assert (line["request_id"], line["run_id"]) == ("req-1", answer["run_id"])


async def test_af_19_an_unexpected_failure_is_logged_and_answered_with_its_request(noted: Noting) -> None:
    async with shop().client() as client:
        answer = await client.get("/broken", headers={"X-Request-ID": "req-1"})
    (line,) = [line for line in noted.lines if line["message"] == "unexpected failure"]
    assert answer.status_code == 500
    assert answer.headers.get_list("X-Request-ID") == ["req-1"]
    assert line["request_id"] == "req-1"
    assert "it fell over" in line["exception"]


async def test_a_retry_has_another_request_id_and_is_the_same_run() -> None:
    s = shop()
    async with s.client() as client:
        one = await client.post("/leave/ann", params={"key": "k"}, headers={"X-Request-ID": "req-1"})
        again = await client.post("/leave/ann", params={"key": "k"}, headers={"X-Request-ID": "req-2"})
    assert again.json() == one.json()
    run = await s.b.store.run(one.json()["run_id"])
    assert run is not None
    assert run.change.origin == {"request_id": "req-1"}


async def test_a_run_without_a_request_has_none() -> None:
    s = shop()
    await s.b.say("hello")
    (run,) = s.b.sink.turns[0].claim.runs
    assert run.change.origin == {}


async def test_af_63_snapshots_frames_and_steps_name_the_request() -> None:
    hot: HotState = MemoryHotState(clock=shop().b.clock)
    s = with_engine(shop(), lambda engine: replace(engine, hot=hot, live=frozenset({"bakery"})))
    steps = LiveSteps(hot, s.b.clock, frozenset({"bakery"}), s.watch.trail)

    async def work(turn: Turn) -> Proposal:
        steps("bakery", turn.claim.run.id, STEP)
        return await s.b.work(turn)

    def changed(engine: Engine) -> Engine:
        return replace(engine, businesses={"bakery": replace(engine.businesses["bakery"], work=work)})

    at_work = with_engine(s, changed)
    async with at_work.client() as client:
        answer = (await client.post("/leave/ann", headers={"X-Request-ID": "req-1"})).json()
    async with hot.watch("bakery", answer["run_id"]) as news:
        await at_work.work_off(answer["conversation_id"])
        frames: list[Any] = [await anext(news), await anext(news)]
    step = next(frame["step"] for frame in frames if frame["type"] == "step")
    state = next(frame["state"] for frame in frames if frame["type"] == "snapshot")
    assert (step["request_id"], step["run_id"]) == ("req-1", answer["run_id"])
    assert (state["request_id"], state["run_id"]) == ("req-1", answer["run_id"])
    assert await hot.get("bakery", answer["run_id"]) == state


def test_a_trail_gives_back_what_was_there_before() -> None:
    trail = LogTrail()
    request_id_var.set("req-0")
    with trail.turn("bakery", "run-1", [{"request_id": "req-1"}]):
        assert (request_id_var.get(), run_id_var.get()) == ("req-1", "run-1")
        with trail.turn("bakery", "run-2", [{}]):
            assert (request_id_var.get(), run_id_var.get()) == (None, "run-2")
    assert (request_id_var.get(), run_id_var.get()) == ("req-0", None)
    request_id_var.set(None)


async def test_a_websocket_has_a_request_id_like_any_request() -> None:
    """Its log lines name it, and so does the answer that accepts it."""
    seen: list[str | None] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(request_id_var.get())
        await send({"type": "websocket.accept"})

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    await RequestId(app)({"type": "websocket", "headers": [(b"x-request-id", b"req-1")]}, receive, send)
    assert seen == ["req-1"]
    assert sent[0]["headers"] == [(b"x-request-id", b"req-1")]
