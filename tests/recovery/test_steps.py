"""`kill -9` between every two steps of receive and take_turn, on the real server.

A first server comes past every step and notes it; then one dies at each of them, and the next one must make good: the
caller, who repeats what was not answered under the same key, gets one answer, and nothing is done twice or lost.
"""

import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

import httpx
import pytest

from tests.recovery.accounts import check_store
from tests.recovery.fuse import HOLD
from tests.recovery.mortals import Mortal

SHARES = 2  # each journey is split, so that workers can share it
HELD_SECONDS = 30.0


def fatal(number: int) -> str:
    """The key of the message whose steps are counted."""
    return f"fatal-{number}"


@dataclass
class Callers:
    """Those who call, and what they were told."""

    server: Mortal
    acknowledged: dict[str, str] = field(default_factory=dict)  # run id to reply
    leads: Counter[str] = field(default_factory=Counter)

    def lead(self, number: int) -> None:
        """Somebody new leaves name and address: contact, conversation, run, turn, lead and file in one request."""
        email = f"p{number}@example.com"
        answer = self.server.client.post(
            "/lead",
            json={"name": "Ada Lovelace", "email": email, "platform": "YouTube"},
            headers={"Idempotency-Key": fatal(number)},
        )
        assert answer.status_code == 200, answer.text
        self.leads[email] = 1

    def burst(self, number: int) -> None:
        """A second message comes while the first one is being worked: it queues, and is claimed with the commit."""
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(self._say, f"{HOLD} {fatal(number)}", number, f"hold-{number}")
            self._until_held()
            second = pool.submit(self._say, "What does Pro cost?", number, fatal(number))
        first.result()
        second.result()

    def burst_again(self, number: int) -> None:
        """As they do who were not answered: each repeats its own message."""
        self._say(f"{HOLD} {fatal(number)}", number, f"hold-{number}")
        self._say("What does Pro cost?", number, fatal(number))

    def _say(self, message: str, number: int, key: str) -> None:
        answer = self.server.say(message, f"s-{number}", key=key)
        assert answer.status_code == 200, answer.text
        reply, run_id = answer.json()["response"], answer.headers["X-Run-ID"]
        assert self.acknowledged.setdefault(run_id, reply) == reply

    def _until_held(self) -> None:
        deadline = time.monotonic() + HELD_SECONDS
        while not self.server.held.exists():
            assert time.monotonic() < deadline, self.server.log()
            time.sleep(0.002)  # until its turn has begun; the deadline bounds it


Journey: TypeAlias = Callable[[Callers, int], None]

LEAD_STEPS = {
    "before accept",
    "INSERT INTO contacts",
    "INSERT INTO addresses",
    "INSERT INTO conversations",
    "INSERT INTO runs",
    "after accept",
    "before the graph",
    "INSERT INTO counters",
    "after the graph",
    "before commit",
    "UPDATE conversations SET",
    "UPDATE runs SET",
    "INSERT INTO events",
    "INSERT INTO steps",
    "INSERT INTO leads",
    "COMMIT",
    "after commit",
    "before committed",
    "before leads.json is begun",
    "before leads.json is replaced",
    "after committed",
    "before the caller is told",
    "before http.response.start",
    "before http.response.body",
}
BURST_STEPS = {"before accept", "INSERT INTO runs", "before commit", "before the caller is told", "before claim"}


@pytest.mark.timeout(180)  # seconds; some thirty starts, each of a third of a second on a quiet machine
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize(
    ("journey", "again", "expected"),
    [(Callers.lead, Callers.lead, LEAD_STEPS), (Callers.burst, Callers.burst_again, BURST_STEPS)],
    ids=["lead", "burst"],
)
async def test_promises_hold_whatever_step_a_process_dies_at(
    mortal: Mortal, journey: Journey, again: Journey, expected: set[str], share: int
) -> None:
    callers = Callers(mortal)
    steps = all_steps(callers, journey)
    assert expected <= set(steps), f"these are not steps any more: {expected - set(steps)}"
    deaths = 0
    for number in range(1 + share, len(steps) + 1, SHARES):
        mortal.start(at=number, fatal=fatal(number)).ready()
        if number > 1 + share:  # those of the server before this one call again
            again(callers, number - SHARES)
        deaths += died(callers, journey, number)
    mortal.start().ready()
    again(callers, number)
    assert mortal.stop() == 0
    assert deaths > len(steps) / SHARES * 0.8
    await check_store(mortal.data, callers.acknowledged, leads=callers.leads)


def all_steps(callers: Callers, journey: Journey) -> list[str]:
    """The steps of a journey that nothing interrupts."""
    server = callers.server.start(fatal=fatal(0)).ready()
    journey(callers, 0)
    server.kill()
    return server.steps()


def died(callers: Callers, journey: Journey, number: int) -> bool:
    """Set out; whether the server died on the way. Answers that come all the same count."""
    server = callers.server
    try:
        journey(callers, number)
    except httpx.TransportError:
        assert server.ended() == -signal.SIGKILL, server.log()
        assert len(server.steps()) == number
        return True
    # The step comes after the answers, or not at all: two commits may have become one.
    server.kill()
    return False
