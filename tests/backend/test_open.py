"""CV.43: a connector of one's own: installed by some package, chosen by its name, and the one of docs/backend.md."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from antiphon.backend import open_backend
from antiphon.backend.mock import MockBackend
from antiphon.core.backend_config import BackendConfig
from antiphon.core.errors import BackendMisconfigured

PAGE = Path(__file__).parents[2] / "docs" / "backend.md"
CODE = re.compile(r"<!-- file: (?P<name>\S+) -->\n```\w+\n(?P<text>.*?)```", re.DOTALL)

Install: TypeAlias = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put modules and the entry points of a package where Python finds them."""

    def installed(entry_points: str, **modules: str) -> None:
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
            monkeypatch.delitem(sys.modules, name, raising=False)
        info = tmp_path / "own_connector-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-connector\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[antiphon.backends]\n{entry_points}\n")
        monkeypatch.syspath_prepend(tmp_path)

    return installed


async def test_cv43_the_connector_of_the_page_works(install: Install, tmp_path: Path) -> None:
    files = {match["name"]: match["text"] for match in CODE.finditer(PAGE.read_text(encoding="utf-8"))}
    (entry,) = re.findall(r'^(\w+ = ".*")$', files["pyproject.toml"].partition("antiphon.backends")[2], re.MULTILINE)
    install(entry.replace('"', ""), shop_ledger=files["shop_ledger.py"])
    (tmp_path / "customers.csv").write_text("id,name,email\n7,Ann,ann@example.com\n8,Bob,\n")

    config = BackendConfig(type="ledger", options={"folder": str(tmp_path)})
    backend = open_backend(config)

    ann = await backend.get_contact("7")
    assert ann is not None
    assert [(one.channel, one.address) for one in ann.addresses] == [("email", "ann@example.com")]
    assert await backend.get_contact("9") is None
    assert [one.name for one in await backend.search_contacts("bob")] == ["Bob"]
    await backend.update_followup_status("1", "completed", key="run:1")
    await backend.update_followup_status("1", "completed", key="run:1")
    assert (tmp_path / "told.csv").read_text().count("completed") == 1
    await backend.close()


def test_a_connector_without_code_is_said(install: Install) -> None:
    install("broken = no_such_module:Backend")

    with pytest.raises(BackendMisconfigured, match=r"`broken` \(no_such_module:Backend\) has no code"):
        open_backend(BackendConfig(type="broken"))


def test_what_is_no_connector_is_said(install: Install) -> None:
    install("odd = odd_backend:Backend", odd_backend="class Backend:\n    def __init__(self, config): pass\n")

    with pytest.raises(BackendMisconfigured, match="is no BackendConnector"):
        open_backend(BackendConfig(type="odd"))


def test_an_unknown_type_names_what_there_is(install: Install) -> None:
    install("shelf = odd_backend:Backend")

    with pytest.raises(BackendMisconfigured, match=r"no connector `grpc`.*rest, graphql, mock, shelf"):
        open_backend(BackendConfig(type="grpc"))


@pytest.mark.parametrize("kind", ["rest", "graphql", "mock"])
def test_without_an_address_the_mock_answers(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    assert isinstance(open_backend(BackendConfig(type=kind)), MockBackend)
    assert "the mock backend answers" in caplog.text


def test_the_mock_loads_no_http() -> None:
    """Who connects nothing pays nothing."""
    source = "import sys, antiphon.backend as b; from antiphon.core.backend_config import BackendConfig as C; "
    source += "b.open_backend(C()); print('httpx' in sys.modules, 'tenacity' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    assert done.stdout.split() == ["False", "False"]
