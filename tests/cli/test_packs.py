"""`antiphon check` and `antiphon graph` on processes."""

from pathlib import Path
from shutil import copytree

import pytest

from tests.cli.command import antiphon

PACKS = Path(__file__).parents[2] / "packs"
LAMP = """\
process_type: lamp
states: [off, lit, broken]
initial_state: off
terminal_states: [broken]
transitions:
  - {from_states: [off], to_state: lit, trigger: {type: event, value: switch}}
  - {from_states: [lit], to_state: off, trigger: {type: event, value: switch}}
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """AutoStream with a process."""
    folder = copytree(PACKS / "autostream", tmp_path / "pack")
    (folder / "processes").mkdir()
    (folder / "processes" / "lamp.yaml").write_text(LAMP, encoding="utf-8")
    return folder


def test_findings_are_warnings(pack: Path) -> None:
    ran = antiphon("check", pack)
    assert ran.status == 0
    expected = f"warning {pack}/processes/lamp.yaml:2: `processes.lamp.states[2]`: the state `broken` is never reached"
    assert ran.err.startswith(expected)
    assert "1 processes" in ran.out
    assert "Warnings: 1." in ran.out


def test_findings_are_errors_when_it_is_strict(pack: Path) -> None:
    ran = antiphon("check", pack, "--strict")
    assert ran.status == 1
    assert ran.err.startswith(f"error {pack}/processes/lamp.yaml:2:")
    assert ran.out == ""


def test_errors_are_errors(pack: Path) -> None:
    (pack / "processes" / "lamp.yaml").write_text(LAMP.replace("to_state: lit", "to_state: on"), encoding="utf-8")
    ran = antiphon("check", pack)
    assert ran.status == 1
    assert f"error {pack}/processes/lamp.yaml:6:" in ran.err


@pytest.mark.parametrize("name", ["autostream", "autoflow", "converse"])
def test_the_packs_that_we_ship_are_meant(name: str) -> None:
    ran = antiphon("check", PACKS / name, "--strict")
    assert (ran.status, ran.err) == (0, "")


def test_processes_are_drawn_after_the_turn(pack: Path) -> None:
    ran = antiphon("graph", pack)
    turn, _, lamp = ran.out.partition("title: lamp")
    assert "advance_process" in turn
    assert "off --> lit : event switch" in lamp
    alone = antiphon("graph", pack, "--process", "lamp").out
    assert alone.startswith("---\ntitle: lamp\n")
    assert antiphon("graph", pack, "--process", "x").status == 1
