"""(a) What the HTTP server and the framework allow at most."""

from bench.line import Line
from bench.measured import measured
from bench.requests import Load
from bench.run import CONNECTIONS, Run
from bench.server import bare


def measure(run: Run) -> list[Line]:
    """Requests per second at each number of connections."""
    with bare(run) as server:
        return [
            measured(
                server,
                Load(
                    port=server.port,
                    name="bare",
                    connections=connections,
                    messages="met",
                    seconds=run.seconds,
                    warm_up_seconds=run.warm_up_seconds,
                ),
                key=f"a.{connections}",
                label=f"{connections} connection{'s' * (connections > 1)}",
            )
            for connections in CONNECTIONS
        ]
