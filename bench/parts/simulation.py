"""(s) Days of a process in virtual time: thirty of one that chases a payment, as `antiphon simulate` plays them."""

from pathlib import Path
from time import perf_counter
from typing import Any

from antiphon.core.scenario import DialogueDef
from antiphon.loader import load_pack
from antiphon.loader.scenarios import Scenario
from antiphon.trying.dialogue import play
from antiphon.trying.stage import Stage, staged
from bench.line import Line
from bench.run import ROOT, Run, complete

DAYS = 30
INVOICE = {"entity_type": "invoice", "entity_id": "INV-1"}
STEPS: list[dict[str, Any]] = [
    {
        "at": "day 1 10:00",
        "begin": {
            "process_type": "payment_collection",
            **INVOICE,
            "business_data": {"amount": 250_000, "currency": "INR", "days_overdue": 7},
            "follow_up": {"template": "payment_reminder"},
        },
    },
    {"at": "day 1 15:00", "message": {"channel": "whatsapp", "text": "ok noted"}},
    {"at": "day 5 09:00", "expect": {"state": {"payment_collection": "overdue"}}},
    {"at": "day 9 11:00", "message": {"channel": "whatsapp", "text": "what are your bank details?"}},
    {"at": "day 12 12:00", "event": {"name": "partial_payment_received", "data": INVOICE}},
    {"at": "day 20 16:00", "message": {"channel": "email", "text": "we will pay the rest next week"}},
    {"at": "day 30 09:00", "event": {"name": "payment_received", "data": INVOICE}},
    {"at": "day 30 18:00", "expect": {"state": {"payment_collection": "confirmed"}, "status": "resolved"}},
]


def measure(run: Run) -> list[Line]:
    """The time that thirty days take once the pack is loaded; the scenario must go as written."""
    return complete(_measured(run))


async def _measured(run: Run) -> list[Line]:
    folder = (run.packs or ROOT / "packs") / "converse"
    async with staged(load_pack(folder), run.empty_folder()) as stage:
        once = await _played(stage, folder)  # vectors of the messages are known after it
        times = [await _played(stage, folder) for _ in range(2 if run.quick else 10)]
    label = f"{DAYS} days of payment_collection in virtual time"
    return [
        Line(key="s.first", label=f"{label}, the first time", value=once, unit="s"),
        Line(key="s.again", label=f"{label}, median of {len(times)}", value=sorted(times)[len(times) // 2], unit="s"),
    ]


async def _played(stage: Stage, folder: Path) -> float:
    definition = DialogueDef.model_validate({"name": "thirty days", "steps": STEPS})
    scenario = Scenario(file=folder.name, line=1, definition=definition, lines=(1,) * len(STEPS))
    began = perf_counter()
    played = await play(scenario, definition, stage)
    took = perf_counter() - began
    assert not played.wrong, played.wrong
    return took
