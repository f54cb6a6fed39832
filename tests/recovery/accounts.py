"""What must be true of a store after whatever happened to it."""

import json
from collections import Counter
from pathlib import Path

from antiphon.clock import SystemClock
from antiphon.core.event import LeadCaptured, MessageReceived, MessageSent, decode
from antiphon.core.run import ENDED
from antiphon.engine.audit import audit
from antiphon.ports import Store
from antiphon.storage.sqlite import open_sqlite

PACK = "autostream"


async def check_store(data: Path, acknowledged: dict[str, str], *, leads: Counter[str] | None = None) -> None:
    """Promises 1 to 4 and 6, of the store of a server that was stopped.

    Args:
        acknowledged: every run that a caller was told of, with the reply that it was told.
        leads: how often each address became a lead.
    """
    stores = await open_sqlite(data, clock=SystemClock())
    try:
        store = stores.tenant()
        await check_chains(store)
        await check_replies(store, acknowledged)
        assert await store.waiting(10) == []
        if leads is not None:
            await check_leads(store, data, leads)
    finally:
        await stores.close()


async def check_chains(store: Store) -> None:
    """Each log holds, and folds to the state that is stored."""
    async for audited in audit(store):
        assert audited.broken is None, audited
        assert audited.folded


async def check_replies(store: Store, acknowledged: dict[str, str]) -> None:
    """Each acknowledged run was worked to its end, and answered once, with what its caller was told."""
    sent: Counter[str] = Counter()
    for conversation_id in await store.conversation_ids():
        events = [decode(one.kind, one.payload or b"") for one in await store.events(conversation_id)]
        sent.update(one.run_id for one in events if isinstance(one, MessageSent))
        received = Counter(one.run_id for one in events if isinstance(one, MessageReceived))
        assert all(times == 1 for times in received.values()), received
    assert all(times == 1 for times in sent.values()), sent
    for run_id, reply in acknowledged.items():
        run = await store.run(run_id)
        assert run is not None, f"{run_id} was acknowledged and is not there"
        assert run.status in ENDED
        assert run.outcome is not None
        assert run.outcome.reply == reply
        assert sent[run_id] == 1


async def check_leads(store: Store, data: Path, expected: Counter[str]) -> None:
    """Each lead exists once: in the store, in the log, and in the file."""
    leads = await store.leads(PACK)
    assert Counter(str(one.lead.values["email"]) for one in leads) == expected
    captured: Counter[str] = Counter()
    for conversation_id in await store.conversation_ids():
        events = [decode(one.kind, one.payload or b"") for one in await store.events(conversation_id)]
        captured.update(one.lead_id for one in events if isinstance(one, LeadCaptured))
    assert captured == Counter(one.lead.id for one in leads)
    written = json.loads((data / "leads/leads.json").read_text())
    assert [one["lead_id"] for one in written] == [one.lead.id for one in leads]
