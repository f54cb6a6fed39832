"""CV.22: a new process is a new YAML file, and nothing else."""

import shutil
from pathlib import Path

from tests.api.converse.desk import Desk
from tests.server import Server

PACKS = Path(__file__).parents[3] / "packs"

LIBRARY = """
process_type: library_loan
description: A book that was lent.
states: [lent, overdue, returned, lost]
initial_state: lent
terminal_states: [returned, lost]
transitions:
  - from_states: [lent]
    to_state: overdue
    description: The day has come
    trigger: {type: timeout, value: due_day}
    actions: [{type: notify, metadata: {target: desk, message: A book is late}}]
  - from_states: ["*"]
    to_state: returned
    description: The book is back
    trigger: {type: event, value: book_scanned}
    actions: [{type: resolve}]
  - from_states: [overdue]
    to_state: lost
    description: It will not come back
    trigger:
      type: manual
      value: give_up
      conditions: [{field: extra_data.days, operator: gt, value: 90}]
"""


def test_cv_22_a_new_process_is_a_new_file(tmp_path: Path) -> None:
    shutil.copytree(PACKS / "converse", tmp_path / "packs" / "converse")
    (tmp_path / "packs" / "converse" / "processes" / "library_loan.yaml").write_text(LIBRARY)
    with Server(tmp_path / "data", packs=tmp_path / "packs") as server:
        desk = Desk(server)
        assert "library_loan" in [one["process_type"] for one in desk.get("state-maps")]
        conversation = desk.say("Hello")["conversation_id"]
        book = desk.begin(conversation, "library_loan", entity_type="book", entity_id="B-7")
        (late,) = desk.change(conversation, "timeout", "due_day")
        assert (late["transition"], late["actions"]) == ("lent → overdue", ["notify"])
        assert desk.change(conversation, "manual", "give_up", days=30) == []
        told = desk.post("events", {"event_name": "book_scanned", "data": {"entity_type": "book", "entity_id": "B-7"}})
        assert [one["transition"] for one in told["results"]] == ["overdue → returned"]
        assert desk.state(book["id"]) == "returned"


def test_cv_21_a_map_that_does_not_hold_together_stops_the_start_with_its_line(tmp_path: Path) -> None:
    shutil.copytree(PACKS / "converse", tmp_path / "packs" / "converse")
    file = tmp_path / "packs" / "converse" / "processes" / "library_loan.yaml"
    file.write_text(LIBRARY.replace("to_state: overdue", "to_state: sold"))
    server = Server(tmp_path / "data", packs=tmp_path / "packs").start()
    assert server.wait() == 1
    assert "processes/library_loan.yaml:9" in server.log()
    assert "sold" in server.log()
