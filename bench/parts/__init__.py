"""The parts of a run, by letter. A part is a module with `measure`, and one line here."""

from bench.parts import (
    anatomy,
    backlog,
    bare_endpoint,
    bare_inquiry,
    chat,
    commits,
    decisions,
    drivers,
    growth,
    inquiries,
    lists,
    memory,
    processes,
    receiving,
    start,
    status_reads,
    timers,
    watching,
)
from bench.run import Measure

PARTS: dict[str, tuple[str, Measure]] = {
    "a": ("bare FastAPI endpoint", bare_endpoint.measure),
    "b": ("POST /chat, durable turns", chat.measure),
    "c": ("receive alone: accept and commit, in process", receiving.measure),
    "d": ("synchronous=FULL commits through the store alone", commits.measure),
    "e": ("start to ready", start.measure),
    "f": ("memory", memory.measure),
    "g": ("one long conversation", growth.measure),
    "h": ("graph drivers, five trivial nodes", drivers.measure),
    "i": ("core.decide alone", decisions.measure),
    "j": ("where the time of a turn goes", anatomy.measure),
    "k": ("a process decides: a map of 50 transitions", processes.measure),
    "l": ("bare FastAPI endpoints of inquiries", bare_inquiry.measure),
    "m": ("POST /api/v1/webhook, acknowledged", inquiries.measure),
    "n": ("GET /api/v1/status of a run that has ended", status_reads.measure),
    "o": ("inquiries worked off by one worker, PostgreSQL and Redis", backlog.measure),
    "p": ("runs watched live over WebSockets", watching.measure),
    "q": ("lists of a store with many conversations", lists.measure),
    "r": ("timers: asleep, and when they fall due", timers.measure),
}
