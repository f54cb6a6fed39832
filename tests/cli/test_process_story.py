"""`antiphon audit show` tells what processes did, and why."""

from antiphon.cli.story import lines_of
from antiphon.core.event import BindingMigrated, ConversationEscalated, ConversationResolved
from antiphon.core.process.advance import advance
from antiphon.core.process.binding import begin, begun
from antiphon.core.process.decision import Move
from tests.core.process.maps import hears, state_map, way, where

PROCESS = state_map(
    way(
        "a",
        "end",
        "event:paid",
        when=[where("amount", "gte", 100), where("note", "not_exists")],
        do=[{"type": "resolve"}, {"type": "notify"}],
        description="The money is there",
    ),
    version="2",
)


def test_a_process_begins_and_moves() -> None:
    """CV.31: with what fired and why."""
    opened = begin(PROCESS, run_id="r", binding_id="b", entity_id="INV-1", entity_type="invoice")
    assert lines_of(opened)[0] == ("began", "sample in a for invoice INV-1", "bold")
    moved = advance(PROCESS, begun(opened), hears("event:paid"), {"amount": 120})
    assert isinstance(moved, Move)
    assert lines_of(moved.event("r")) == [
        ("moved", "sample: a → end, its end", "bold"),
        ("because", "event paid: The money is there", ""),
        ("as", "amount gte 100, and was 120", ""),
        ("as", "note not_exists", ""),
        ("does", "resolve, notify", ""),
        ("version", PROCESS.identity, "dim"),
    ]


def test_the_rest_of_a_process() -> None:
    migrated = BindingMigrated(
        run_id="r",
        binding_id="b",
        process_type="sample",
        from_version="1",
        to_version="2",
        from_state="a",
        to_state="b",
    )
    assert lines_of(migrated) == [("migrated", "sample: a → b", ""), ("version", "1 → 2", "dim")]
    assert lines_of(ConversationEscalated(run_id="r", binding_id="b", reason="late")) == [
        ("escalated", "late", "yellow")
    ]
    assert lines_of(ConversationResolved(run_id="r", binding_id="b", reason="paid")) == [("resolved", "paid", "green")]
