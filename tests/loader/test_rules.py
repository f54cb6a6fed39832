"""CV.38: rules in YAML: the four of the sample, and what is wrong with others, by file and line."""

from pathlib import Path

import pytest

from antiphon.core.rule import evaluate
from antiphon.loader.document import parse
from antiphon.loader.rules import read_rules

CONVERSE = Path(__file__).parents[2] / "packs" / "converse"

GOOD = """\
id: late
trigger: {type: schedule, cron: "0 10 * * MON-FRI"}
conditions:
  - {field: days_overdue, operator: gte, value: 3}
actions:
  - type: start_conversation
    channel_priority: [whatsapp, email]
"""


def write(folder: Path, text: str, name: str = "late.yaml") -> Path:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / name).write_text(text, encoding="utf-8")
    return folder


def test_cv38_the_four_rules_of_the_sample() -> None:
    rules, problems = read_rules(CONVERSE)

    assert problems == []
    by_id = {rule.id: rule for rule in rules}
    assert set(by_id) == {"payment_reminder", "order_confirmation", "delivery_tracking", "feedback_collection"}
    assert by_id["payment_reminder"].trigger.cron == "0 10 * * MON-FRI"
    assert by_id["order_confirmation"].trigger.event_name == "order_placed"
    assert by_id["order_confirmation"].actions[0].delay_minutes == 30
    assert by_id["delivery_tracking"].trigger.event_name == "shipment_dispatched"
    assert by_id["feedback_collection"].trigger.event_name == "delivery_completed"
    assert by_id["feedback_collection"].actions[0].delay_minutes == 1440


def test_cv38_they_begin_processes_of_the_pack_at_states_that_there_are() -> None:
    rules, _ = read_rules(CONVERSE)
    maps = [parse(file.name, file.read_text(encoding="utf-8")).value for file in CONVERSE.glob("processes/*.yaml")]
    states = {one["process_type"]: one["states"] for one in maps}

    begun = [action for rule in rules for action in rule.actions]
    assert all(action.initial_state in states[action.process_type or ""] for action in begun)


@pytest.mark.parametrize(
    ("event", "data", "hits"),
    [
        (None, {"status": "overdue", "days_overdue": 3}, ["payment_reminder"]),
        (None, {"status": "overdue", "days_overdue": 2}, []),
        (None, {"status": "paid", "days_overdue": 9}, []),
        ("order_placed", {"order_value": 10_000}, ["order_confirmation"]),
        ("order_placed", {"order_value": 9_999}, []),
        ("shipment_dispatched", {}, ["delivery_tracking"]),
        ("delivery_completed", {}, ["feedback_collection"]),
    ],
)
def test_cv38_when_they_hit(event: str | None, data: dict[str, object], hits: list[str]) -> None:
    rules, _ = read_rules(CONVERSE)

    found = evaluate(rules, {"id": "1", "contact_id": "D001", **data}, event=event)
    assert [hit.rule.id for hit in found] == hits


def test_a_file_may_hold_a_list(tmp_path: Path) -> None:
    one = GOOD.replace("\n", "\n  ").rstrip()
    rules, problems = read_rules(write(tmp_path, f"- {one}\n- {one.replace('id: late', 'id: later')}\n"))

    assert problems == []
    assert [rule.id for rule in rules] == ["late", "later"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("gte", "gte_or_so", "rules/late.yaml:4: `conditions[0].operator`: expected eq, neq, gt"),
        ("start_conversation", "launch", "rules/late.yaml:6: `actions[0].type`: expected start_conversation"),
        ("MON-FRI", "MONDAY", "rules/late.yaml:2: `trigger`: the schedule `0 10 * * MONDAY` cannot be used: bad day"),
        ("0 10 * * MON-FRI", "0 10 30 2 *", "never fires"),
        ("type: schedule", "type: event", "rules/late.yaml:2: `trigger`: `cron` belongs to the type schedule"),
        (', cron: "0 10 * * MON-FRI"', "", "rules/late.yaml:2: `trigger`: a schedule needs the field `cron`"),
        (
            "    channel_priority",
            "    chanel_priority",
            "rules/late.yaml:7: unknown field `chanel_priority` in `actions[0]`;",
        ),
        ("id: late", "name: late", "rules/late.yaml:1: it needs the field `id`"),
        ("[whatsapp, email]", "whatsapp", "rules/late.yaml:7: `actions[0].channel_priority`: expected a list"),
        ("id: late", "id: 5", "rules/late.yaml:1: `id`: expected a text; write it in quotes"),
        ("operator: gte, value: 3", "operator: regex, value: '('", "rules/late.yaml:4: `conditions[0]`: the pattern"),
        ("actions:\n", "actions: []\nmetadata:\n", "rules/late.yaml:5: `actions`: "),
        ("id: late", "id: late\nid: late", "rules/late.yaml:2: the key `id` stands twice"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    _, problems = read_rules(write(tmp_path, GOOD.replace(old, new)))

    assert told in "\n".join(map(str, problems))


def test_two_rules_of_one_name(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    _, problems = read_rules(write(tmp_path, f"# again\n{GOOD}", "later.yaml"))

    assert [str(problem) for problem in problems] == [
        "rules/later.yaml:2: the rule `late` stands twice; the first is in rules/late.yaml, line 1"
    ]


def test_every_file_is_read_and_every_problem_told(tmp_path: Path) -> None:
    write(tmp_path, "- just\n- words\n", "a.yaml")
    write(tmp_path, "", "b.yaml")
    write(tmp_path, "id: [", "c.yaml")
    rules, problems = read_rules(write(tmp_path, GOOD))

    assert [rule.id for rule in rules] == ["late"]
    assert {problem.file for problem in problems} == {"rules/a.yaml", "rules/b.yaml", "rules/c.yaml"}


def test_a_pack_without_rules_has_none(tmp_path: Path) -> None:
    assert read_rules(tmp_path) == ((), [])
