"""Scenarios that name what the pack does not have are told, with their line."""

from pathlib import Path

import pytest

from antiphon.loader import find_packs, load_pack
from antiphon.loader.scenario_names import unknown_names
from antiphon.loader.scenarios import read_scenarios
from tests.trying.dues import write_pack

PACKS = find_packs(Path(__file__).parents[2] / "packs")


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_the_shipped_packs_name_what_is_there(folder: Path) -> None:
    assert unknown_names(read_scenarios(folder), load_pack(folder).definition) == []


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (
            "name: x\nturns:\n  - {user: a, intent: qestion}",
            3,
            "there is no intent `qestion`; did you mean `question`?",
        ),
        ("intent: bye\nmessages: [a]", 1, "there is no intent `bye`; did you mean `goodbye`?"),
        ("intent: goodbye\nor: [hello]\nmessages: [a]", 1, "there is no intent `hello`"),
        (
            "{name: x, sender_name: a, sender_email: a@b.c, subject: s, body: b, route: dsk}",
            1,
            "there is no specialist `dsk`; did you mean `desk`?",
        ),
        ("name: x\nsteps:\n  - begin: {process_type: refund}", 3, "there is no process `refund`"),
        (
            "name: x\nsteps:\n  - begin: {process_type: payment, initial_state: opn}",
            3,
            "there is no state of payment `opn`; did you mean `open`?",
        ),
        (
            "name: x\nsteps:\n  - begin: {process_type: payment, follow_up: {template: remind}}",
            3,
            "there is no reply `remind`; did you mean `reminder`?",
        ),
        (
            "name: x\nsteps:\n  - after: 1d\n    expect: {state: {payment: payed, invoice 7: open}}",
            4,
            "there is no state of payment `payed`; did you mean `paid`?",
        ),
        ("name: x\nsteps:\n  - expect: {sent: [dunning]}", 3, "there is no reply `dunning`"),
        ("name: x\nsteps:\n  - expect: {intent: pay}", 3, "there is no intent `pay`"),
    ],
)
def test_an_unknown_name_is_told(tmp_path: Path, text: str, line: int, said: str) -> None:
    folder = write_pack(tmp_path / "dues", scenarios__here=text)
    problems = unknown_names(read_scenarios(folder), load_pack(folder).definition)
    assert [(one.file, one.line, one.message) for one in problems] == [("scenarios/here.yaml", line, said)]
