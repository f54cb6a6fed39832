"""The parts of a run, by letter. A part is a module with `measure`, and one line here."""

from bench.parts import (
    anatomy,
    bare_endpoint,
    chat,
    commits,
    decisions,
    drivers,
    growth,
    memory,
    receiving,
    start,
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
}
