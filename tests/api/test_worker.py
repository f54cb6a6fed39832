"""`antiphon worker` and `antiphon serve --no-worker`: processes that share one PostgreSQL (AF.51, AF.53)."""

import base64
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.local_servers import RedisServer
from tests.receiver import Answer, Receiver, receiving
from tests.server import Server
from tests.worker import WorkerProcess

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
MANY = 80

pytestmark = pytest.mark.timeout(180)  # each starts several processes, one after the other


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(params=["redis", "sweep"])
def env(request: pytest.FixtureRequest, own_postgres_url: str) -> dict[str, str]:
    """One database; the processes hear of each other by Redis, or not at all."""
    shared = {"DATABASE_URL": own_postgres_url, "WEBHOOK_RATE_LIMIT": "100000/minute"}
    return {**shared, "REDIS_URL": request.getfixturevalue("redis_server").url} if request.param == "redis" else shared


def inquire(server: Server) -> str:
    """The run of an inquiry that was accepted."""
    body = {
        "sender_name": "Ada Lovelace",
        "sender_email": f"ada-{uuid4().hex[:6]}@example.com",
        "subject": "Pricing",
        "body": "What does the Pro plan cost for 40 seats?",
    }
    answer = server.client.post("/api/v1/webhook", json=body)
    assert answer.status_code == 200, answer.text
    run_id: str = answer.json()["run_id"]
    return run_id


def statuses(server: Server, run_ids: list[str]) -> Counter[str]:
    """How many of the latest runs stand where."""
    listed = {one["run_id"]: one["status"] for one in server.client.get("/api/v1/runs?limit=200").json()}
    return Counter(listed[run_id] for run_id in run_ids)


def until_running(server: Server, run_ids: list[str], most: int, seconds: float) -> Counter[str]:
    """Where runs stand when no more than `most` are under way."""
    deadline = time.monotonic() + seconds
    while (found := statuses(server, run_ids))["running"] > most:
        assert time.monotonic() < deadline, found
        time.sleep(0.01)  # the deadline bounds it
    return found


def test_a_worker_works_what_a_server_without_one_accepts(tmp_path: Path, env: dict[str, str]) -> None:
    with Server(tmp_path / "serve", env={**env, "WORKER": "false"}) as server:
        run_ids = [inquire(server) for _ in range(3)]
        assert "Welcome" in server.say("Hi", uuid4().hex)["response"]  # whoever waits is answered here
        time.sleep(1.5)  # more than a sweep
        assert statuses(server, run_ids) == {"running": 3}
        with WorkerProcess(tmp_path / "worker", env=env) as worker:
            run_ids += [inquire(server) for _ in range(20)]
            assert not until_running(server, run_ids, 0, 15)["error"]
            assert worker.stop() == 0
        assert server.stop() == 0


def test_sigterm_drains_a_worker_and_another_goes_on_at_once(tmp_path: Path, own_postgres_url: str) -> None:
    """Its leases last for half a minute; what it handed back is taken up long before."""
    env = {"DATABASE_URL": own_postgres_url, "WEBHOOK_RATE_LIMIT": "100000/minute"}
    with Server(tmp_path / "serve", env={**env, "WORKER": "false"}) as server:
        run_ids = [inquire(server) for _ in range(MANY)]
        with WorkerProcess(tmp_path / "one", env=env) as one:
            until_running(server, run_ids, MANY - 1, 15)
            assert one.stop() == 0
        left = statuses(server, run_ids)["running"]
        with WorkerProcess(tmp_path / "two", env=env) as two:
            found = until_running(server, run_ids, 0, 15)
            assert two.stop() == 0
        assert found["error"] == 0
        assert "ERROR" not in one.log() + two.log()
    assert left > 0, "the first worker did it all; the test proved nothing"


def test_a_notice_of_another_processs_turn_leaves_at_once(
    tmp_path: Path, own_postgres_url: str, redis_server: RedisServer, receiver: Receiver
) -> None:
    """A server without a worker commits the turn; the worker is woken, and no sweep is waited for."""
    told = {"NOTIFY_URLS": receiver.url, "NOTIFY_SECRETS": SECRET}
    env = {"DATABASE_URL": own_postgres_url, "REDIS_URL": redis_server.url, **told}
    with (
        Server(tmp_path / "serve", env={**env, "WORKER": "false"}) as server,
        WorkerProcess(tmp_path / "worker", env=env),
    ):
        waits = []
        for number in range(1, 8):
            server.say("Hi", uuid4().hex)
            answered = time.monotonic()
            receiver.wait_for(number)
            waits.append(time.monotonic() - answered)
        assert sorted(waits)[3] < 0.2  # a sweep comes after half a second, in the middle


def test_a_notice_whose_worker_was_killed_is_sent_again_under_its_id(
    tmp_path: Path, own_postgres_url: str, receiver: Receiver
) -> None:
    env = {
        "DATABASE_URL": own_postgres_url,
        "NOTIFY_URLS": receiver.url,
        "NOTIFY_SECRETS": SECRET,
        "LEASE_SECONDS": "1",
        "RETRY_BACKOFF_SECONDS": "0.1",
    }
    receiver.answers.put(Answer(hang=True))
    with Server(tmp_path / "serve", env={**env, "WORKER": "false"}) as server:
        with WorkerProcess(tmp_path / "one", env=env) as one:
            server.say("Hi", uuid4().hex)
            (lost,) = receiver.wait_for(1)
            time.sleep(2.5)  # longer than its lease: it lives, so nobody else may send it
            assert len(receiver.received) == 1
            one.kill()
        with WorkerProcess(tmp_path / "two", env=env):
            again = receiver.wait_for(2)[1]
    assert again.headers["webhook-id"] == lost.headers["webhook-id"]
    assert again.body == lost.body


def test_a_data_folder_that_is_owned_is_refused_to_a_worker(server: Server) -> None:
    """Told which way leads to more processes."""
    second = WorkerProcess(server.data).start()
    assert second.wait() == 1
    log = " ".join(second.log().split())
    assert "owned by another process" in log
    assert "PostgreSQL (DATABASE_URL)" in log


def test_a_worker_on_a_folder_of_its_own_works_it_off(tmp_path: Path) -> None:
    with Server(tmp_path / "data", env={"WORKER": "false"}) as server:
        run_ids = [inquire(server)]
        assert "nothing works in the background" in server.log()
        assert server.stop() == 0
    with WorkerProcess(tmp_path / "data") as worker:
        time.sleep(1)  # it has nothing else to do
        assert worker.stop() == 0
    with Server(tmp_path / "data", env={"WORKER": "false"}) as server:
        assert statuses(server, run_ids)["running"] == 0


@pytest.mark.parametrize(("option", "works"), [("--no-worker", False), ("--worker", True)])
def test_the_option_wins_over_the_environment(option: str, works: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner  # noqa: PLC0415 - only this test speaks to the command in process

    from antiphon import wiring  # noqa: PLC0415 - as above
    from antiphon.cli import app  # noqa: PLC0415 - as above

    seen: list[Any] = []

    async def serve_service(settings: Any, _: Any) -> bool:
        seen.append(settings.worker)
        return True

    monkeypatch.setattr(wiring, "serve_service", serve_service)
    monkeypatch.setenv("WORKER", str(not works))
    assert CliRunner().invoke(app, ["serve", option]).exit_code == 0
    assert seen == [works]


def test_the_help_says_what_a_worker_is() -> None:
    for command, told in (("serve", "--no-worker"), ("worker", "PostgreSQL")):
        helped = subprocess.run(  # noqa: S603 - our own
            [sys.executable, "-m", "antiphon", command, "--help"], capture_output=True, text=True, check=True
        )
        assert told in helped.stdout
