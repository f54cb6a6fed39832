"""The load generator, a process of its own: `drive` starts it, the rest of this file runs in it."""

import asyncio
import subprocess
import sys
from array import array
from dataclasses import asdict, dataclass
from itertools import islice
from time import perf_counter

import orjson

from bench.requests import Load, requests_of
from bench.run import ROOT, complete
from bench.wire import Talker

STUCK_SECONDS = 30.0  # after its time a load only waits for the last answers


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What came back. Percentiles are of all samples, not of a digest of them."""

    sent: int  # requests, those of the warm-up too
    rate: float  # answers per second after the warm-up
    mean_ms: float
    p50_ms: float
    p99_ms: float


def drive(load: Load) -> Answered:
    """Put a load on a server, from another process.

    Raises:
        subprocess.CalledProcessError: an answer was not 200; the generator has printed it.
        subprocess.TimeoutExpired: an answer did not come.
    """
    command = [sys.executable, "-m", "bench.load", orjson.dumps(asdict(load)).decode()]
    timeout = load.warm_up_seconds + load.seconds + STUCK_SECONDS
    ended = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=timeout)
    return Answered(**orjson.loads(ended.stdout))


class Samples:
    """How long each request took. What is sent during the warm-up is counted and not timed."""

    def __init__(self, load: Load) -> None:
        self.began = perf_counter() + load.warm_up_seconds
        self._until = self.began + load.seconds
        self._ms = array("d")
        self._sent = 0
        self._last = self.began

    def note(self, sent_at: float, answered_at: float) -> bool:
        """Keep one; whether there is time for more."""
        self._sent += 1
        if sent_at >= self.began:
            self._ms.append((answered_at - sent_at) * 1000)
            self._last = max(self._last, answered_at)
        return answered_at < self._until

    def answered(self) -> Answered:
        """All of them."""
        ms = sorted(self._ms)
        if not ms:
            raise ValueError("nothing was answered after the warm-up")
        return Answered(
            sent=self._sent,
            rate=len(ms) / (self._last - self.began),
            mean_ms=sum(ms) / len(ms),
            p50_ms=percentile(ms, 0.5),
            p99_ms=percentile(ms, 0.99),
        )


def percentile(ordered: list[float], share: float) -> float:
    """The value that this share of ordered values does not exceed."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def _generate(load: Load) -> Answered:
    loop, samples = asyncio.get_running_loop(), Samples(load)
    talkers = []
    for place in range(load.connections):
        requests = islice(requests_of(load, place), load.turns)
        _, talker = await loop.create_connection(
            lambda requests=requests: Talker(requests, samples.note),  # type: ignore[misc]  # binds the loop's value
            "127.0.0.1",
            load.port,
        )
        talkers.append(talker)
    await asyncio.gather(*(talker.done for talker in talkers))
    return samples.answered()


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(complete(_generate(Load(**orjson.loads(sys.argv[1]))))))
