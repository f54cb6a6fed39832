"""Two processes on one PostgreSQL and one Redis: one conversation, whichever of them is asked."""

from pathlib import Path

from tests.server import Server


def test_a_conversation_goes_on_in_another_process(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    env = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url}
    with Server(tmp_path / "one", env=env) as one, Server(tmp_path / "two", env=env) as two:
        for server in (one, two):
            health = server.client.get("/health").json()
            assert (health["status"], health["database"], health["redis"]) == ("ok", True, True)
        one.say("I want to sign up", "shared")
        assert "mail" in two.say("Ada Lovelace", "shared")["response"].lower()
        one.say("ada@example.com", "shared")
        assert two.say("YouTube", "shared")["lead_captured"] is True
        assert one.say("thanks!", "shared")["lead_captured"] is True
        assert one.stop() == two.stop() == 0


def test_redis_away_degrades_and_does_not_stop(tmp_path: Path, postgres_url: str) -> None:
    with Server(tmp_path / "data", env={"DATABASE_URL": postgres_url, "REDIS_URL": "redis://127.0.0.1:1"}) as server:
        health = server.client.get("/health").json()
        assert (health["status"], health["redis"]) == ("degraded", False)
        assert "Welcome" in server.say("Hi", "alone")["response"]


def test_a_database_that_is_away_stops_the_start_with_its_reason(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", env={"DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/none"}).start()
    assert server.wait() == 1
    assert "cannot be reached" in server.log()
    assert "secret" not in server.log()
