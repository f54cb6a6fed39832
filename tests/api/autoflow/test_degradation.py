"""AF.42: a part that is away degrades the service, and it comes back by itself."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.autoflow.flow import ASKING, OPEN, Flow
from tests.local_servers import PostgresServer, RedisServer
from tests.server import Server

SECONDS = 30.0


def until(true: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.05)  # the deadline bounds it


def test_af_42_without_redis_everything_goes_on(tmp_path: Path, postgres_url: str, redis_server: RedisServer) -> None:
    env = {**OPEN, "DATABASE_URL": postgres_url, "REDIS_URL": redis_server.url, "RATE_LIMIT_STORAGE": "redis"}
    with Server(tmp_path / "data", env=env) as server:
        flow = Flow(server)
        before = flow.work()
        redis_server.kill()
        until(lambda: server.client.get("/health").json()["status"] == "degraded")
        assert server.client.get("/health").json()["redis"] is False
        assert flow.work()["status"] == "completed"
        assert flow.client.get(f"/api/v1/status/{before['run_id']}").json()["status"] == "completed"
        assert len(flow.client.get(f"/api/v1/status/{before['run_id']}/steps").json()) == 2
        redis_server.start()
        until(lambda: server.client.get("/health").json()["status"] == "ok")
        assert flow.work()["status"] == "completed"


def test_af_42_without_its_database_nothing_is_accepted_and_nothing_lost(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    with Server(tmp_path / "data", env={**OPEN, "DATABASE_URL": postgres_server.url()}) as server:
        flow = Flow(server)
        before = [flow.bring() for _ in range(10)]
        postgres_server.kill()
        refused = flow.post()
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) >= 1
        assert "run_id" not in refused.json()
        health = server.client.get("/health")
        assert (health.status_code, health.json()["status"], health.json()["database"]) == (200, "degraded", False)
        assert server.client.get("/readyz").status_code == 503
        assert server.client.get("/api/v1/runs").status_code == 503
        postgres_server.start()
        until(lambda: flow.post().status_code == 200)
        assert {flow.ended(run_id)["status"] for run_id in before} == {"completed"}
        until(lambda: server.client.get("/health").json()["status"] == "ok")


@pytest.mark.parametrize("body", [ASKING])
def test_af_42_with_no_model_configured_the_local_one_is_enough(flow: Flow, body: str) -> None:
    assert flow.work(body)["status"] == "completed"
    assert flow.client.get("/health").json()["ollama"] is None
