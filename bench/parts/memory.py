"""(f) Resident memory: at rest, after work, and what a session adds."""

import time

from bench.line import Line
from bench.load import drive
from bench.requests import Load
from bench.run import Run
from bench.server import Server, antiphon

SESSIONS = 3_000
CONNECTIONS = 4
MOST_SECONDS = 120.0  # the number of turns ends a load, long before
REST_SECONDS = 2.0  # until what was put off, such as the JSON copies, is written


def measure(run: Run) -> list[Line]:
    """Messages are such as were met before: the encoder's cache has its own bound and is not what is asked."""
    sessions = SESSIONS // 10 if run.quick else SESSIONS
    with antiphon(run, run.empty_folder()) as server:
        _say(server, "hello", turns=1, sessions=1)
        rest = _resting(run, server)
        _say(server, "warm", turns=sessions // CONNECTIONS, sessions=1)  # buffers grow once, whoever is served
        before = _resting(run, server)
        _say(server, "many", turns=sessions // CONNECTIONS, sessions=sessions // CONNECTIONS)
        after = _resting(run, server)
    per_thousand = (after - before) / sessions * 1000
    return [
        Line(key="f.rest", label="at rest, encoder loaded, one turn taken", value=rest, unit="MiB"),
        Line(key="f.work", label=f"after {sessions} turns of {CONNECTIONS} sessions", value=before, unit="MiB"),
        Line(key="f.sessions", label=f"per 1,000 sessions ({sessions} more)", value=per_thousand, unit="MiB"),
    ]


def _say(server: Server, name: str, *, turns: int, sessions: int) -> None:
    drive(
        Load(
            port=server.port,
            name=name,
            connections=CONNECTIONS,
            messages="met",
            seconds=MOST_SECONDS,
            sessions=sessions,
            turns=turns,
        )
    )


def _resting(run: Run, server: Server) -> float:
    time.sleep(REST_SECONDS / 4 if run.quick else REST_SECONDS)
    return server.rss_mib()
