"""Watching a run while it goes on."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.api.autoflow.flow import ANGRY, ASKING, Flow
from tests.server import Server

pytestmark = pytest.mark.anyio

SECONDS = 20.0  # for a frame on a busy machine


@asynccontextmanager
async def watching(server: Server, run_id: str, token: str | None = None) -> AsyncIterator[ClientConnection]:
    """A WebSocket on a run."""
    query = f"?token={token}" if token is not None else ""
    async with connect(f"ws://127.0.0.1:{server.port}/api/v1/ws/{run_id}{query}") as socket:
        yield socket


async def frames(socket: ClientConnection) -> list[dict[str, Any]]:
    """Every frame until the server closes."""
    seen: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(SECONDS):
            seen.extend([json.loads(text) async for text in socket])
    except ConnectionClosed:
        pass
    return seen


async def test_af_6_a_run_that_has_ended_is_shown_and_the_watcher_told(flow: Flow) -> None:
    status = await asyncio.to_thread(flow.work, ANGRY)
    async with watching(flow.server, status["run_id"]) as socket:
        seen = await frames(socket)
    assert [frame["type"] for frame in seen] == ["snapshot", "completed"]
    assert seen[0]["state"] == seen[1]["state"] == status
    assert socket.close_code == 1000


async def test_af_6_each_step_is_seen_as_it_ends(tmp_path: Path, installation: dict[str, str]) -> None:
    """The door stays shut for the worker until the watcher is there: another process works the run."""
    env = {**installation, "WEBSOCKET_HEARTBEAT_SECONDS": "0.2"}
    with Server(tmp_path / "data", env=env) as server:
        seen = await watched_from_the_start(server)
    steps = [f"{frame['agent']}/{frame['action']}" for frame in seen if frame["type"] == "step"]
    assert steps == ["orchestrator/classified_intent", "faq_agent/answered_faq"]
    assert seen[-1]["type"] == "completed"
    assert seen[-1]["state"]["status"] == "completed"
    assert [f"{step['agent']}/{step['action']}" for step in seen[-1]["state"]["agent_steps"]] == steps


async def watched_from_the_start(server: Server) -> list[dict[str, Any]]:
    """The frames of a run whose watcher was there before its first step. Runs are short, so some tries may miss it."""
    inquiry = {"sender_name": "Ada", "sender_email": "ada@example.com", "subject": "Price", "body": ASKING}
    async with httpx.AsyncClient(base_url=server.url, timeout=SECONDS) as client:
        for _ in range(20):
            # Far more at once than are worked meanwhile: the last of them waits long enough for its watcher.
            answers = await asyncio.gather(*(client.post("/api/v1/webhook", json=inquiry) for _ in range(250)))
            async with watching(server, answers[-1].json()["run_id"]) as socket:
                seen = await frames(socket)
            if seen[0]["state"]["agent_steps"] == []:
                return seen
    raise AssertionError("every run was begun before its watcher came")


async def test_af_6_a_watcher_without_news_hears_that_the_line_is_alive(
    tmp_path: Path, installation: dict[str, str]
) -> None:
    with Server(tmp_path / "data", env={**installation, "WEBSOCKET_HEARTBEAT_SECONDS": "0.05"}) as server:
        async with watching(server, str(uuid4())) as socket, asyncio.timeout(SECONDS):
            beats = [json.loads(await socket.recv()) for _ in range(3)]
    assert {beat["type"] for beat in beats} == {"heartbeat"}
    assert all(set(beat) == {"type", "timestamp"} and beat["timestamp"].endswith("Z") for beat in beats)


async def test_af_6_what_the_watcher_says_is_not_listened_to(flow: Flow) -> None:
    run_id = await asyncio.to_thread(flow.bring)
    async with watching(flow.server, run_id) as socket:
        await socket.send("rubbish")
        await socket.send(b"\x00\xff")
        seen = await frames(socket)
    assert seen[-1]["type"] == "completed"


async def test_af_12_a_key_that_is_set_is_asked_of_watchers(tmp_path: Path, installation: dict[str, str]) -> None:
    with Server(tmp_path / "data", env={**installation, "WEBHOOK_API_KEY": "k-1"}) as server:
        answer = await asyncio.to_thread(Flow(server).post, headers={"X-API-Key": "k-1"})
        run_id = answer.json()["run_id"]
        for token in (None, "", "k-2"):
            async with watching(server, run_id, token) as socket:
                assert await frames(socket) == []
            assert (socket.close_code, socket.close_reason) == (1008, "missing or invalid token")
        async with watching(server, run_id, "k-1") as socket:
            assert (await frames(socket))[-1]["type"] == "completed"
        assert "k-1" not in server.log()


async def test_af_26_a_watcher_at_another_process_is_told(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    env = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "WEBHOOK_RATE_LIMIT": "1000/second"}
    with Server(tmp_path / "one", env=env) as one, Server(tmp_path / "two", env=env) as two:
        run_id = await asyncio.to_thread(Flow(one).bring)
        async with watching(two, run_id) as socket:
            seen = await frames(socket)
    assert seen[-1]["type"] == "completed"
    assert seen[-1]["state"]["run_id"] == run_id


async def test_a_watcher_that_never_reads_holds_nobody_up(flow: Flow) -> None:
    run_id = await asyncio.to_thread(flow.bring)
    reader, writer = await asyncio.open_connection("127.0.0.1", flow.server.port)
    writer.write(
        f"GET /api/v1/ws/{run_id} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await writer.drain()
    assert (await asyncio.to_thread(flow.work))["status"] == "completed"
    writer.close()
    assert reader is not None
