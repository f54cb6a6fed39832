"""What every route does alike: ids, limits, errors, documentation."""

import json
import os
import stat
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.server import Server


def test_af_10_the_documentation_declares_errors_and_has_examples(server: Server) -> None:
    assert "swagger" in server.client.get("/docs").text.lower()
    spec = server.client.get("/openapi.json").json()
    chat = spec["paths"]["/chat"]["post"]
    assert {"200", "400", "413", "422", "503"} <= chat["responses"].keys()
    assert spec["components"]["schemas"]["ChatRequest"]["examples"]


def test_af_19_the_request_id_is_echoed_or_made(server: Server) -> None:
    assert server.client.get("/livez", headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"] == "abc-1"
    made = server.client.get("/livez").headers["X-Request-ID"]
    assert UUID(made).version == 4
    odd = server.client.get("/livez", headers={"X-Request-ID": "a b\tc"}).headers["X-Request-ID"]
    assert UUID(odd).version == 4


def test_af_18_a_validation_error_says_what_and_where(server: Server) -> None:
    answer = server.client.post("/chat", json={"message": 5, "session_id": "s"}, headers={"X-Request-ID": "r-1"})
    assert answer.status_code == 422
    body = answer.json()
    assert body["error"] == "validation_error"
    assert body["message"] == "Request body or parameters failed validation"
    assert body["details"][0]["loc"] == ["body", "message"]
    assert body["request_id"] == "r-1"


def test_livez_and_readyz(server: Server) -> None:
    assert server.client.get("/livez").json() == {"status": "ok"}
    assert server.client.get("/readyz").json() == {"status": "ok"}


def test_af_16_cors(server: Server) -> None:
    answer = server.client.get("/livez", headers={"Origin": "https://example.com"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


GOOD: dict[str, Any] = {"message": "Hi", "session_id": "bad-input"}


@pytest.mark.parametrize(
    "change",
    [
        {"unknown": 1},
        {"message": 1},
        {"message": None},
        {"message": ["Hi"]},
        {"message": ""},
        {"message": "   \n"},
        {"message": "x" * 20_000},
        {"message": "a\x00b"},
        {"session_id": "x" * 10_000},
        {"session_id": "../../etc/passwd"},
        {"session_id": "a..b"},
        {"session_id": ""},
        {"session_id": "a\nb"},
        {"session_id": 7},
    ],
    ids=lambda change: json.dumps(change)[:30],
)
def test_bad_chat_requests_are_422(server: Server, change: dict[str, Any]) -> None:
    answer = server.client.post("/chat", json={**GOOD, **change})
    assert answer.status_code == 422, answer.text
    assert answer.json()["details"]


@pytest.mark.parametrize("top_k", [0, -1, 21, 10**9, "3", 2.5, True, None, 10**400])
def test_top_k_out_of_range_is_422(server: Server, top_k: object) -> None:
    answer = server.client.post("/retrieve", content=json.dumps({"query": "price", "top_k": top_k}))
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"message": "\xff\xfe", "session_id": "s"}',
        b'{"message": "\\ud800", "session_id": "s"}',
        b'{"message": "ok", "session_id": "\\udfff"}',
        b'{"message": "a\\u0000b", "session_id": "s"}',
        b'{"message": NaN, "session_id": "s"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
    ids=range(12),
)
@pytest.mark.parametrize("path", ["/chat", "/classify", "/retrieve", "/lead"])
def test_rubbish_is_a_4xx_and_never_a_500(server: Server, path: str, body: bytes) -> None:
    answer = server.client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()


def test_a_body_over_a_mebibyte_is_413(server: Server) -> None:
    assert server.client.post("/chat", content=b" " * (1024 * 1024 + 1)).status_code == 413
    streamed = server.client.post("/chat", content=(b" " * 65536 for _ in range(40)))
    assert streamed.status_code == 413


def test_unknown_paths_and_methods(server: Server) -> None:
    assert server.client.get("/nowhere").status_code == 404
    assert server.client.get("/chat").status_code == 405


def test_af_17_and_af_20_logs_are_json_and_hold_nothing_that_was_said(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        server.say("my secret is swordfish", "s")
        server.stop()
        lines = [json.loads(line) for line in server.log().splitlines()]
    assert lines
    assert all({"time", "level", "logger", "message", "request_id", "run_id"} <= line.keys() for line in lines)
    assert all(line["time"].endswith("+00:00") for line in lines)
    assert "swordfish" not in server.log()


def test_a_second_server_on_the_folder_is_refused_and_told_why(server: Server) -> None:
    second = Server(server.data).start()
    assert second.wait() != 0
    assert "PostgreSQL" in second.log()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; the file layer is tested in recovery")
def test_as_48_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(stat.S_IREAD | stat.S_IEXEC)
    server = Server(data).start()
    assert server.wait() != 0
    assert str(data) in server.log()
