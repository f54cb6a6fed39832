"""The commands as a whole: they start quickly, and work beside a running server."""

import json
import subprocess
import sys
from pathlib import Path

from tests.cli.command import antiphon
from tests.server import Server

HEAVY = ("fastapi", "langgraph", "numpy", "onnxruntime", "sqlalchemy", "uvicorn", "matplotlib", "faiss")


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys, antiphon.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert found.stdout.strip() == "[]"


def test_every_command_says_what_it_does() -> None:
    told = antiphon("--help").out
    for command in ("serve", "chat", "check", "schema", "graph", "export", "audit", "eval"):
        assert f" {command} " in told
    assert "verify" in antiphon("audit", "--help").out
    assert "--passages" in antiphon("eval", "retrieval", "--help").out


def test_audit_and_export_work_while_a_server_runs(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        for message in ("Hi", "I want to sign up", "Jo Doe", "jo@example.com", "YouTube"):
            server.say(message, "s-1")
        verified = antiphon("audit", "verify", "--data", server.data)
        shown = antiphon("audit", "show", "s-1", "--data", server.data)
        exported = antiphon("export", tmp_path / "out", "--data", server.data)
        assert server.say("What does Pro cost?", "s-1")["response"]
    assert (verified.status, verified.err.strip()) == (0, "")
    assert "1 conversations with" in verified.out
    assert "answered" in shown.out
    assert "lead LEAD-00001" in shown.out
    assert exported.status == 0
    assert json.loads((tmp_path / "out/leads/leads.json").read_text())[0]["email"] == "jo@example.com"


def test_export_without_a_store_says_so(tmp_path: Path) -> None:
    ran = antiphon("export", tmp_path / "out", "--data", tmp_path)
    assert ran.status == 1
    assert "There is no store in" in ran.err
