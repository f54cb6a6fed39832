"""(w) WhatsApp's webhook: the signature checked, parsed, committed as a run, acknowledged."""

from bench.line import Line
from bench.measured import measured
from bench.requests import WHATSAPP_SECRET, Load
from bench.run import CONNECTIONS, Run
from bench.server import antiphon

WORK = {"door": ("--no-worker", "nothing else"), "work": ("--worker", "and works the turns")}
ENV = {"WHATSAPP_APP_SECRET": WHATSAPP_SECRET}


def measure(run: Run) -> list[Line]:
    """On SQLite, by a process that does nothing else, and by one that works the turns as well."""
    return [line for work in WORK for line in _lines(run, work)]


def _lines(run: Run, work: str) -> list[Line]:
    option, told = WORK[work]
    with antiphon(run, run.empty_folder(), option, env=ENV) as server:
        return [
            measured(
                server,
                Load(
                    port=server.port,
                    name=f"whatsapp-{connections}",
                    connections=connections,
                    asks="whatsapp",
                    seconds=run.seconds,
                    warm_up_seconds=run.warm_up_seconds,
                ),
                key=f"w.{work}.{connections}",
                label=f"{told}, {connections} connection{'s' * (connections > 1)}",
            )
            for connections in CONNECTIONS
        ]
