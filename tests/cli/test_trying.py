"""`antiphon simulate`, `test`, `replay` and `migrate-bindings`, as a shell sees them."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from antiphon.clock import SystemClock
from antiphon.core.change import Change
from antiphon.engine.receive import Request
from antiphon.loader import load_pack
from antiphon.settings import Settings
from antiphon.trying.replaying import RecordedUnderstanding
from antiphon.wiring import open_service
from tests.cli.command import Ran, antiphon
from tests.contracts.stores import open_stores
from tests.trying.dues import PROCESS, SCENARIOS, TALKS, write_pack


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pack(tmp_path_factory.mktemp("packs") / "dues")


# simulate


def test_a_dialogue_is_played_the_same_byte_for_byte(pack: Path) -> None:
    """CV.26."""
    once, again = (antiphon("simulate", pack, "a promise that is broken") for _ in range(2))
    assert (once.status, once.out) == (0, again.out)
    assert once.out.splitlines()[0] == "a promise that is broken (scenarios/days.yaml:2)"
    assert "day 4 12:00 because timeout promise_check: They did not keep it" in once.out
    assert "13 days in " in once.err


def test_nothing_of_it_depends_on_the_process(pack: Path) -> None:
    said = []
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "antiphon", "simulate", str(pack), "the rule reminds by itself"]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        ran = subprocess.run(command, capture_output=True, check=True, env=environment)  # noqa: S603 - our own
        said.append(ran.stdout)
    assert said[0] == said[1]


def test_a_file_of_dialogues_is_played_whoever_wrote_it(pack: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(SCENARIOS.replace("state: {payment: overdue}", "state: {payment: paid}"), encoding="utf-8")
    ran = antiphon("simulate", pack, file)
    assert ran.status == 1
    assert "day 4 12:00 WRONG expected payment to be paid; it was overdue" in ran.out
    assert "NOT AS WRITTEN mine.yaml:19: day 4 12:00: expected payment to be paid; it was overdue" in ran.out
    assert "the rule reminds by itself (mine.yaml:23)" in ran.out
    assert "1 thing is not as written." in ran.err


def test_a_dialogue_that_is_not_there_names_those_that_are(pack: Path) -> None:
    ran = antiphon("simulate", pack, "nothing")
    assert ran.status == 1
    assert "there are: a promise that is broken, the rule reminds by itself." in ran.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nsteps: []", "here.yaml:2: `steps`: "),
        ("name: x\nsteps:\n  - {at: noon}", "here.yaml:3: `steps[0].at`: expected a moment such as `day 3 14:30`"),
        ("name: x\nsteps:\n  - {after: soon}", "here.yaml:3: `steps[0].after`: expected a length of time"),
        ("name: x\nsteps:\n  - {at: day 1 10:00, after: 1d}", "here.yaml:3: `steps[0]`: expected `at` or `after`"),
        ("name: x\nsteps:\n  - {rules: true, event: {name: a}}", "here.yaml:3: `steps[0]`: expected one of message"),
        ("name: x\nsteps:\n  - expect: {stat: {a: b}}", "unknown field `stat` in `steps[0].expect`; did you mean"),
        ("name: x\nstep: []", "here.yaml:1: expected one of the fields turns, steps, body, messages"),
        ("[1]", "here.yaml:1: expected fields such as `name` and `turns`"),
        ("a: [", "The scenarios cannot be read:\n here.yaml:2: not YAML"),
    ],
)
def test_what_is_not_well_written_is_told_with_its_line(pack: Path, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "here.yaml"
    file.write_text(text, encoding="utf-8")
    ran = antiphon("simulate", pack, file)
    assert ran.status == 1
    assert said in ran.err


# test


def test_all_scenarios_of_a_pack_are_tests(pack: Path) -> None:
    ran = antiphon("test", pack)
    lines = ran.out.splitlines()
    assert ran.status == 0
    assert f"ok {pack}/scenarios/days.yaml:2 a promise that is broken" in lines
    assert f"ok {pack}/scenarios/talks.yaml:2 somebody asks" in lines
    assert f"ok {pack}/scenarios/messages/held_out.yaml:5 bye bye" in lines
    assert lines[-2:] == [
        "scenarios/messages/held_out.yaml: 2 of 2 as written (100%). Held out: none must be.",
        "All 3 went as written.",
    ]


def test_what_fails_says_what_was_expected_and_what_was(tmp_path: Path) -> None:
    talks = TALKS.replace("says: [noted]", "says: [tomorrow]\n      collected: {name: Ann}\n      lead_captured: true")
    held_out = "- intent: will_pay\n  messages: [bye bye]\n"
    folder = write_pack(tmp_path / "dues", scenarios__talks=talks, scenarios__messages__held_out=held_out)
    ran = antiphon("test", folder)
    assert ran.status == 1
    assert f"FAILED {folder}/scenarios/talks.yaml:2 somebody asks" in ran.out
    place = f"{folder}/scenarios/talks.yaml:4: after 'when are you open?':"
    assert f"{place} expected the reply to say 'tomorrow'; it was 'Noted.'" in ran.out
    assert f"{place} expected name to be 'Ann'; it was None" in ran.out
    assert f"{place} expected lead_captured to be True; it was False" in ran.out
    assert f"miss {folder}/scenarios/messages/held_out.yaml:2 bye bye" in ran.out
    assert "1 of 3 did not go as written." in ran.err


def test_what_is_held_out_fails_nobody(tmp_path: Path) -> None:
    held_out = "- intent: will_pay\n  messages: [bye bye]\n"
    folder = write_pack(tmp_path / "dues", scenarios__messages__held_out=held_out)
    ran = antiphon("test", folder, "--only", "held_out")
    assert ran.status == 0
    assert "0 of 1 as written (0%)" in ran.out


def test_some_are_chosen_by_file_or_name(pack: Path) -> None:
    assert antiphon("test", pack, "--only", "BROKEN").last_line == "All 1 went as written."
    assert antiphon("test", pack, "--only", "days.yaml").last_line == "All 2 went as written."
    ran = antiphon("test", pack, "--only", "nowhere")
    assert ran.status == 1
    assert "has no scenario with 'nowhere' in its file or name" in ran.err


def test_the_results_as_json(pack: Path) -> None:
    ran = antiphon("test", pack, "--json")
    found = json.loads(ran.out)
    assert (found["pack"], found["ok"], found["tests"], found["failed"]) == ("dues", True, 3, 0)
    assert found["held_out"] == {"tests": 2, "right": 2}
    assert found["results"][0] == {
        "name": "a promise that is broken",
        "file": "scenarios/days.yaml",
        "line": 2,
        "held_out": False,
        "ok": True,
        "wrong": [],
    }


def test_the_settings_of_the_machine_change_nothing(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCALATION_CONFIDENCE_THRESHOLD", "1.0")
    monkeypatch.setenv("PACK_MODELS", '{"dues": {"understanding": "openai:gpt-4o-mini"}}')
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    assert antiphon("test", pack, "--only", "talks").status == 0


# replay and migrate-bindings


@pytest.fixture(scope="module")
def lived(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one conversation, whose process has moved."""
    data = tmp_path_factory.mktemp("data")

    asyncio.run(live(Settings(data_dir=data, worker=False), pack))
    return data


async def live(settings: Settings, pack: Path) -> None:
    async with open_service(settings, packs=[load_pack(pack)]) as service:
        begun = {"binding_id": "b-1", "entity_type": "invoice", "entity_id": "INV-1"}
        for change in (
            Change(kind="begin", value="payment", data=begun),
            Change(kind="message", value="I will pay on Friday"),
        ):
            await service.respond(Request(pack="dues", change=change, space="chat", address="ann"))


@pytest.fixture
def untouched(lived: Path) -> Iterator[Path]:
    """The folder, of which nothing may be changed."""
    before = hashlib.sha256((lived / "antiphon.db").read_bytes()).hexdigest()
    yield lived
    assert hashlib.sha256((lived / "antiphon.db").read_bytes()).hexdigest() == before


def replay(pack: Path, data: Path, *more: str) -> Ran:
    return antiphon("replay", "--pack", pack, "--data", data, *more)


def test_a_replay_of_the_same_pack_ends_with_0(pack: Path, untouched: Path) -> None:
    ran = replay(pack, untouched)
    assert (ran.status, ran.out) == (0, "")
    assert "1 conversations with 2 turns would have gone the same." in ran.err


def test_a_replay_of_a_changed_pack_ends_with_1_and_says_what(untouched: Path, tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "dues", processes__payment=PROCESS.replace("4320", "60"))
    ran = replay(folder, untouched)
    assert ran.status == 1
    lines = [line.strip() for line in ran.out.splitlines()]
    assert "(chat ann)" in lines[0]
    assert "message 'I will pay on Friday'" in lines[1]
    assert lines[2:] == [
        "- check timeout promise_check of payment INV-1 after 4320 minutes",
        "+ check timeout promise_check of payment INV-1 after 60 minutes",
    ]
    assert "1 of 1 conversations would have gone differently." in ran.err

    (one,) = [json.loads(line) for line in replay(folder, untouched, "--json").out.splitlines()]
    assert one["differences"][0]["change"] == {"kind": "message", "value": "I will pay on Friday"}
    assert one["differences"][0]["after"] == ["check timeout promise_check of payment INV-1 after 60 minutes"]


def test_a_replay_of_what_came_since(untouched: Path, tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "dues", processes__payment=PROCESS.replace("4320", "60"))
    assert replay(folder, untouched, "--since", "2100-01-01").status == 0
    assert replay(folder, untouched, "--since", "2020-01-01T10:00:00").status == 1


def test_a_replay_that_cannot_be_ends_with_2(pack: Path, tmp_path: Path) -> None:
    nothing = replay(pack, tmp_path)
    assert (nothing.status, "There is no store in" in nothing.err) == (2, True)
    broken = replay(write_pack(tmp_path / "dues", processes__payment="states: []"), tmp_path)
    assert (broken.status, "The pack cannot be loaded" in broken.err) == (2, True)


def test_a_replay_with_a_wrong_setting_or_a_defect_ends_with_2(
    pack: Path, untouched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "many")
    assert replay(pack, untouched).status == 2
    monkeypatch.delenv("PORT")

    def break_down(*_: object) -> None:
        raise KeyError("a defect")

    monkeypatch.setattr(RecordedUnderstanding, "take", break_down)
    broken = replay(pack, untouched)
    assert (broken.status, "KeyError: 'a defect'" in broken.err) == (2, True)


def test_a_replay_reads_a_database(
    pack: Path, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(empty(postgres_url, tmp_path))
    asyncio.run(live(Settings(data_dir=tmp_path / "data", worker=False, database_url=postgres_url), pack))
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    folder = write_pack(tmp_path / "dues", processes__payment=PROCESS.replace("4320", "60"))
    assert antiphon("replay", "--pack", pack).status == 0
    assert antiphon("replay", "--pack", folder).status == 1


async def empty(url: str, folder: Path) -> None:
    await (await open_stores("postgres", folder, SystemClock(), url)).close()


def migrate(pack: Path, data: Path, *more: str) -> Ran:
    return antiphon("migrate-bindings", "payment", "--data", data, "--packs", pack.parent, *more)


def test_a_migration_is_told_first_and_done_then(lived: Path, pack: Path, tmp_path: Path) -> None:
    changed = write_pack(tmp_path / "dues", processes__payment=PROCESS.replace("promised", "agreed"))
    old, new = (load_pack(folder).definition.processes["payment"].identity for folder in (pack, changed))

    dry = migrate(changed, lived, "--to", "current", "--dry-run")
    assert dry.status == 1
    assert f"stays b-1 {old} in promised: there is no state promised in {new}" in dry.out
    assert dry.last_line == f"0 would move to {new}, 1 cannot, 0 are there."

    renamed = migrate(changed, lived, "--to", new, "--rename", "promised=agreed", "--dry-run")
    assert (renamed.status, renamed.last_line) == (0, f"1 would move to {new}, 0 cannot, 0 are there.")
    assert f"moves b-1 {old} → {new} in promised → agreed" in renamed.out

    done = migrate(changed, lived, "--to", new, "--rename", "promised=agreed")
    assert (done.status, done.last_line) == (0, f"1 moved to {new}, 0 cannot, 0 are there.")
    again = migrate(changed, lived, "--to", new)
    assert (again.status, again.last_line) == (0, f"0 moved to {new}, 0 cannot, 1 are there.")
    assert "migrated payment: promised → agreed" in antiphon("audit", "show", "ann", "--data", lived).out


def test_a_migration_that_cannot_be_says_why(lived: Path, pack: Path) -> None:
    ran = migrate(pack, lived, "--to", "7")
    assert ran.status == 1
    assert "payment has no version 7; these are known: " in ran.err
