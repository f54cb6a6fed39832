"""What is made of packs and stores while nothing is at work."""

from pathlib import Path
from typing import Any

from antiphon.api.autostream.names import SESSION
from antiphon.clock import SystemClock
from antiphon.graph.build import build_turn_graph
from antiphon.graph.mermaid import mermaid
from antiphon.loader import LoadedPack
from antiphon.settings import Settings
from antiphon.sinks.json_files import CONVERSATIONS_FILE, LEADS_FILE, write_conversations, write_leads
from antiphon.storage.sqlite import open_sqlite_readonly


def drawn(pack: LoadedPack) -> str:
    """The turn graph of a pack in Mermaid's language. Nothing is opened: the nodes are drawn, not called."""
    nobody: Any = None
    return mermaid(
        build_turn_graph(
            pack.definition,
            classifier=nobody,
            scales=nobody,
            knowledge=nobody,
            numbers=nobody,
            render=pack.render,
            versions={},
        )
    )


async def export_files(settings: Settings, pack: str, folder: Path) -> tuple[int, int]:
    """Write both files of a pack into a folder; how many leads and conversations they hold.

    A server may be at work on the store.

    Raises:
        StoreMissing, DataFolderUnusable: there is nothing to export; the message says why.
    """
    stores = await open_sqlite_readonly(settings.data_dir, clock=SystemClock())
    store = stores.tenant()
    try:
        leads = await write_leads(folder / LEADS_FILE, store, pack)
        return leads, await write_conversations(folder / CONVERSATIONS_FILE, store, pack, SESSION)
    finally:
        await store.close()
