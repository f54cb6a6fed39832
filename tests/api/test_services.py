"""AutoStream's other routes over HTTP: classify, retrieve, lead, health."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from tests.server import Server


@pytest.mark.parametrize(
    ("message", "intent"),
    [
        ("Hello!", "greeting"),
        ("How much does the Pro plan cost?", "product_inquiry"),
        ("I want to sign up for Pro", "high_intent"),
    ],
)
def test_as_8_classify(server: Server, session: str, message: str, intent: str) -> None:
    answer = server.client.post("/classify", json={"message": message, "session_id": session})
    assert answer.status_code == 200
    assert answer.json() == {"intent": intent, "session_id": session}


def test_as_8_classify_stores_nothing_and_knows_the_form_that_is_open(server: Server, session: str) -> None:
    server.say("I want to sign up", session)
    for _ in range(2):
        answer = server.client.post("/classify", json={"message": "John", "session_id": session})
        assert answer.json()["intent"] == "lead_collection"
    assert "mail" in server.say("John", session)["response"].lower()


def test_as_9_retrieve(server: Server) -> None:
    answer = server.client.post("/retrieve", json={"query": "refund policy", "top_k": 5})
    results = answer.json()["results"]
    assert len(results) == 5
    assert all(result.keys() == {"content", "score"} for result in results)
    assert [result["score"] for result in results] == sorted((r["score"] for r in results), reverse=True)
    assert "refund" in results[0]["content"].lower()
    assert "7 days" in " ".join(result["content"] for result in results)


def test_as_9_retrieve_brings_three_when_not_told(server: Server) -> None:
    assert len(server.client.post("/retrieve", json={"query": "pricing"}).json()["results"]) == 3


def test_as_10_a_lead_is_captured_at_once(server: Server) -> None:
    request = {"name": "Ada Lovelace", "email": "ada@example.com", "platform": "TikTok"}
    answer = server.client.post("/lead", json=request)
    assert answer.status_code == 200
    assert answer.json().keys() == {"status", "lead_id", "message"}
    assert answer.json()["status"] == "success"
    stored = json.loads((server.data / "leads/leads.json").read_text())
    (lead,) = [one for one in stored if one["lead_id"] == answer.json()["lead_id"]]
    assert {name: lead[name] for name in request} == request


@pytest.mark.parametrize(
    "wrong", [{"email": "not-an-address"}, {"name": ""}, {"platform": "  "}, {"name": "x" * 300}, {"email": "a@b"}]
)
def test_as_30_an_invalid_lead_is_refused_with_a_reason_and_not_stored(server: Server, wrong: dict[str, Any]) -> None:
    path = server.data / "leads/leads.json"
    before = path.read_text()
    answer = server.client.post(
        "/lead", json={"name": "Ada", "email": "ada@example.com", "platform": "TikTok", **wrong}
    )
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert answer.json()["details"][0]["loc"] == ["body", *wrong]
    assert path.read_text() == before


def test_as_1_and_af_1_health_of_the_app(server: Server) -> None:
    health = server.client.get("/health").json()
    assert health["status"] == "ok"
    assert health["service"] == "gateway"
    assert (health["ollama"], health["redis"], health["database"]) == (None, None, True)
    assert health["index_loaded"] is True
    assert health["timestamp"].endswith("Z")


def test_af_2_discovery(server: Server) -> None:
    assert server.client.get("/").json() == {"message": "AutoFlow API", "docs": "/docs", "health": "/health"}


def test_as_45_a_broken_knowledge_file_is_named_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    packs = copy_of_packs(tmp_path)
    knowledge = packs / "autostream/knowledge/autostream_kb.json"
    whole = knowledge.read_text()
    knowledge.write_text('{"company": {\n "name": }')
    with Server(tmp_path / "data", packs=packs) as server:
        health = server.client.get("/health").json()
        assert health["status"] == "ok"
        assert health["index_loaded"] is False
        assert "autostream_kb.json" in health["knowledge"]["autostream"]
        assert "line 2" in health["knowledge"]["autostream"]
        refused = server.client.post("/retrieve", json={"query": "price"})
        assert refused.status_code == 503
        assert "autostream_kb.json" in refused.json()["detail"]
        assert "Welcome" in server.say("Hi", "s")["response"]
        assert server.say("How much is Pro?", "s")["response"]
        knowledge.write_text(whole)
        eventually_loaded(server)
        assert "$79" in server.say("How much is Pro?", "s")["response"]


def test_a_broken_pack_stops_the_start_and_names_file_line_and_reason(tmp_path: Path) -> None:
    packs = copy_of_packs(tmp_path)
    with (packs / "autostream/pack.yaml").open("a") as pack:
        pack.write("\nburts: queue\n")
    server = Server(tmp_path / "data", packs=packs).start()
    assert server.wait() != 0
    assert "pack.yaml:" in server.log()
    assert "burts" in server.log()


def eventually_loaded(server: Server) -> None:
    deadline = time.monotonic() + 15
    while not server.client.get("/health").json()["index_loaded"]:
        assert time.monotonic() < deadline, "the repaired file was not noticed"
        time.sleep(0.1)


def copy_of_packs(folder: Path) -> Path:
    return Path(shutil.copytree(Path(__file__).parents[2] / "packs", folder / "packs"))
