"""Promise 1 to 4 under `kill -9`: what was acknowledged is there once, and what was begun is finished."""

import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import httpx
import pytest

from antiphon.clock import SystemClock
from antiphon.core import chain, event
from antiphon.core.conversation import fold
from antiphon.core.event import LeadCaptured, MessageReceived, MessageSent
from antiphon.storage.sqlite import open_sqlite
from tests.server import Server

CONVERSATIONS = 200
CLIENTS = 12
KILLS = 5
FIRST = (
    "Ada Grace Alan Edsger Barbara Donald Margaret Dennis Frances Ken "
    "Radia Niklaus Shafi Tony Jean Leslie Katherine John Hedy Robin"
).split()
LAST = "Lovelace Hopper Turing Dijkstra Liskov Knuth Hamilton Ritchie Allen Perlman".split()
DIALOGUE = ("Hi", "What does Pro cost?", "I want to sign up", "{name}", "p{number}@example.com", "YouTube")


class Clients:
    """Conversations that go on over restarts: a message is repeated under its key until it is acknowledged."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.acknowledged: dict[str, tuple[str, str]] = {}  # run id to session and message
        self.in_doubt = 0  # messages that had to be repeated
        self._lock = threading.Lock()

    def converse(self, number: int) -> None:
        session = f"session-{number}"
        name = f"{FIRST[number % 20]} {LAST[number // 20]}"
        for place, template in enumerate(DIALOGUE):
            message = template.format(name=name, number=number)
            run_id = self._until_acknowledged(message, session, f"{session}/{place}")
            with self._lock:
                self.acknowledged[run_id] = (session, message)

    def _until_acknowledged(self, message: str, session: str, key: str) -> str:
        deadline = time.monotonic() + 90
        with httpx.Client(base_url=self.server.url, timeout=15) as client:
            while time.monotonic() < deadline:
                try:
                    answer = client.post(
                        "/chat",
                        json={"message": message, "session_id": session},
                        headers={"Idempotency-Key": key},
                    )
                except httpx.TransportError:
                    with self._lock:
                        self.in_doubt += 1
                    time.sleep(0.05)  # until the next start; the deadline bounds it
                    continue
                if answer.status_code == 503:
                    time.sleep(0.05)  # as Retry-After asks
                    continue
                assert answer.status_code == 200, answer.text
                return str(answer.headers["X-Run-ID"])
        raise AssertionError(f"{key} was never acknowledged")


@pytest.mark.timeout(240)
async def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice(data: Path, autostream: Path) -> None:
    chance = random.Random(20261120)  # noqa: S311 - seeded, so that a failure comes again
    server = Server(data, packs=autostream)
    with server, ThreadPoolExecutor(CLIENTS) as pool:
        clients = Clients(server)
        talking = [pool.submit(clients.converse, number) for number in range(CONVERSATIONS)]
        for _ in range(KILLS):
            await anyio.sleep(chance.uniform(0.3, 1.0))  # the moment of the kill; any moment must do
            server.kill()
            server.start().ready()
        for conversation in talking:
            conversation.result(timeout=120)
        assert server.stop() == 0
    assert clients.in_doubt > 0, "no kill hit a request; the test proved nothing"
    assert len(clients.acknowledged) == CONVERSATIONS * len(DIALOGUE)
    await check_store(server.data, clients)


async def check_store(data: Path, clients: Clients) -> None:
    stores = await open_sqlite(data, clock=SystemClock())
    store = stores.tenant()
    received: Counter[str] = Counter()
    sent: Counter[str] = Counter()
    captured: Counter[str] = Counter()
    records = await store.conversations("autostream", limit=CONVERSATIONS + 1)
    assert len(records) == CONVERSATIONS
    for record in records:
        sealed = await store.events(record.id)
        assert chain.verify(sealed, record.head) is None
        events = [event.decode(one.kind, one.payload or b"") for one in sealed]
        assert fold(events) == record.state
        received.update(one.run_id for one in events if isinstance(one, MessageReceived))
        sent.update(one.run_id for one in events if isinstance(one, MessageSent))
        captured.update(record.address for one in events if isinstance(one, LeadCaptured))
        said = [one.text for one in events if isinstance(one, MessageReceived)]
        assert len(said) == len(set(said)) == len(DIALOGUE)
        assert await store.waiting(10) == []
    assert received == sent == Counter(list(clients.acknowledged))
    assert captured == Counter(f"session-{number}" for number in range(CONVERSATIONS))
    leads = await store.leads("autostream")
    assert Counter(lead.lead.values["email"] for lead in leads) == Counter(
        f"p{number}@example.com" for number in range(CONVERSATIONS)
    )
    written = json.loads((data / "leads/leads.json").read_text())
    assert [lead["lead_id"] for lead in written] == [lead.lead.id for lead in leads]
    await stores.close()
