"""A store on disk with conversations in it, and ways to damage it behind its back."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from antiphon.core.event import (
    Decided,
    Event,
    FormProgressed,
    KnowledgeConsulted,
    LeadCaptured,
    MessageReceived,
    MessageSent,
)
from antiphon.core.lead import Lead
from antiphon.core.names import ConversationId, RunId
from antiphon.storage.sqlite import STORE_FILE, open_sqlite
from antiphon.testing import CountingIds, SettableClock
from tests.contracts.desk import Desk

TALKERS = {"ann": 4, "bob": 1, "cleo": 2}  # turns of each
EVENTS_A_TURN = 4


async def fill(folder: Path) -> None:
    """Conversations of several turns; ann's last one captures a lead."""
    clock = SettableClock()
    stores = await open_sqlite(folder, clock=clock)
    desk = Desk(store=stores.tenant(), clock=clock, ids=CountingIds())
    for address, turns in TALKERS.items():
        for turn in range(turns):
            clock.advance(60)
            claim = await desk.begin(f"What does plan {turn} cost?", address=address)
            await desk.store.commit(desk.turn(claim, events=_turn(claim.run.id, turn)))
    claim = await desk.begin("ann@example.com")
    form = FormProgressed(run_id=claim.run.id, form="lead", status="done", filled={"email": "ann@example.com"})
    captured = LeadCaptured(run_id=claim.run.id, lead_id="LEAD-00001", form="lead", values=form.filled)
    lead = Lead(id="LEAD-00001", form="lead", values=form.filled)
    await desk.store.commit(desk.turn(claim, events=(form, captured), leads=(lead,)))
    await stores.close()


def _turn(run_id: RunId, turn: int) -> tuple[Event, ...]:
    return (
        MessageReceived(run_id=run_id, channel="chat", text=f"What does plan {turn} cost?"),
        Decided(
            run_id=run_id,
            rule="follows_intent",
            intent="pricing",
            confidence=0.93,
            route=("answers",),
            why={"form": None, "ranked": [["pricing", 0.93], ["greeting", 0.05]], "not": ["leaves_form"]},
            versions={"pack": "1.0+abc", "model": "words"},
        ),
        KnowledgeConsulted(
            run_id=run_id,
            query=f"plan {turn}",
            band="answer",
            passages=({"id": "kb#1", "score": 0.8123, "text": "Plan: $5."}, {"id": "kb#2", "score": 0.31}),
        ),
        MessageSent(run_id=run_id, channel="chat", text="It costs $5. 🌻"),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreFile:
    """A data folder whose store nobody has open."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> "StoreFile":
        """A store that was filled and closed."""
        asyncio.run(fill(folder))
        return cls(folder=folder)

    @property
    def path(self) -> Path:
        return self.folder / STORE_FILE

    def copied(self, folder: Path) -> "StoreFile":
        """The same in another folder, in the place of what was there."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        return StoreFile(folder=folder)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(query, values).fetchall()

    def change(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        """Do what no command of ours does; sqlite3.IntegrityError when even SQLite refuses."""
        with closing(sqlite3.connect(self.path)) as db, db:
            for statement, values in statements:
                db.execute(statement, values)

    def with_bytes(self, damage: Callable[[bytearray], None]) -> None:
        """Change the file itself."""
        data = bytearray(self.path.read_bytes())
        damage(data)
        self.path.write_bytes(data)

    def conversation_of(self, address: str) -> ConversationId:
        """The id of a talker's conversation."""
        ((found,),) = self.rows("SELECT id FROM conversations WHERE address = ?", address)
        return str(found)
