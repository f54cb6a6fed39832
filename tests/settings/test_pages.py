"""CV.40: the pages and the examples are true: what they show loads, and variables are named in both."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from antiphon.backend import open_backend
from antiphon.core.errors import BackendMisconfigured
from antiphon.settings_file import read_settings_file
from tests.settings.conftest import Write

ROOT = Path(__file__).parents[2]
YAML = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
RULE = "id: other\ntrigger: {type: condition}\nactions: [{type: escalate}]\n"


def blocks() -> list[str]:
    """Every YAML that the two pages show."""
    pages = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("backend.md", "settings-file.md")]
    return [block for page in pages for block in YAML.findall(page)]


@pytest.mark.parametrize("text", blocks(), ids=lambda text: text.split("\n")[1].strip())
async def test_what_the_pages_show_loads(write: Write, text: str) -> None:
    write(text)
    write(RULE, "config/rules/other.yaml")
    write("query ($contactId: ID!) { contact(id: $contactId) { id } }", "config/queries/contact.graphql")

    file = read_settings_file({"BACKEND_API_TOKEN": "t"})
    if file.backend.type == "ledger":  # tests/backend/test_open.py installs it
        with pytest.raises(BackendMisconfigured, match="no connector `ledger`"):
            open_backend(file.backend)
    else:
        await open_backend(file.backend).close()


def test_cv40_env_example_names_every_variable_of_the_example() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", re.sub(r"#.*", "", (ROOT / "config/settings.example.yaml").read_text())))
    named = set(re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert len(used) > 15
    assert used - named == set()


def test_cv40_a_server_does_not_start_on_a_wrong_file(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("timezone: UTC\nsecret_key: ${NOT_THERE}\n")
    command = [sys.executable, "-m", "antiphon", "serve", "--port", "0", "--data", str(tmp_path / "data")]
    env = {**os.environ, "CONVERSE_CONFIG": "own.yaml"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - our own

    assert done.returncode == 1
    assert "own.yaml:2: `secret_key` uses ${NOT_THERE}, which is not set" in done.stderr
    assert "Traceback" not in done.stderr
