"""A pack with a large knowledge base: ready before it has been read, honest meanwhile, and resumed after a kill."""

import json
import shutil
import time
from pathlib import Path

import pytest

from tests.server import Server

PASSAGES = 3_000
SHIPPED = Path(__file__).parents[2] / "packs" / "autostream"
PATIENCE = 120.0  # seconds; three are usual


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """The pack as it is shipped, with a catalogue."""
    pack = shutil.copytree(SHIPPED, tmp_path / "packs" / "autostream")
    passages = [
        {"id": f"p{number}", "text": f"Template {number} is made for videos about {number % 90} and {number % 77}."}
        for number in range(PASSAGES)
    ]
    shutil.rmtree(pack / "scenarios", ignore_errors=True)
    (pack / "knowledge" / "catalogue.jsonl").write_text("\n".join(map(json.dumps, passages)))
    definition = pack / "pack.yaml"
    text = definition.read_text()
    assert "knowledge/" in text
    definition.write_text(text.replace("knowledge/autostream_kb.json", "knowledge/*"))
    return pack.parent


def until_indexed(server: Server) -> list[str]:
    """What /health says of the knowledge, until it is ok."""
    told: list[str] = []
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        health = server.client.get("/health").json()
        told.append(health["knowledge"]["autostream"])
        assert health["index_loaded"] == (told[-1] == "ok")
        if told[-1] == "ok":
            return told
        assert told[-1].startswith("indexing")
        time.sleep(0.05)  # between two looks; the deadline bounds it
    raise AssertionError(f"not indexed in {PATIENCE} s: {told[-3:]}")


@pytest.mark.timeout(240)
def test_it_is_ready_before_its_knowledge_is(tmp_path: Path, packs: Path) -> None:
    with Server(tmp_path / "data", packs=packs) as server:
        refused = server.client.post("/retrieve", json={"query": "template 17"})
        assert refused.status_code == 503
        assert "is being indexed for the first time" in refused.json()["detail"]
        assert server.say("Hi", "s-1")["intent"] == "greeting"
        while server.client.get("/health").json()["knowledge"]["autostream"] in ("indexing", "indexing 0 of 0"):
            time.sleep(0.05)  # until the files have been read; the test's own limit bounds it
        server.kill()
        server.start().ready()
        told = until_indexed(server)
        assert any(" of 3" in one for one in told), "it was never seen at work"
        found = server.client.post("/retrieve", json={"query": "template 17 for videos", "top_k": 3}).json()["results"]
        assert any("Template" in one["content"] for one in found)
        server.stop()
        server.start().ready()
        began = time.monotonic()
        until_indexed(server)
        assert time.monotonic() - began < PATIENCE / 4  # from what was kept; nothing is encoded again
