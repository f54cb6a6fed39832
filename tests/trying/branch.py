"""A business on a store of its own, started and stopped like a server, with its files changed in between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from antiphon.core.change import Change
from antiphon.engine.receive import Request
from antiphon.engine.service import Service
from antiphon.loader import load_pack
from antiphon.ports import BindingRecord
from antiphon.settings import Settings
from antiphon.wiring import open_service
from tests.trying.dues import write_pack


@dataclass(kw_only=True)
class Branch:
    """The business on a store of its own, which can be started again with its files changed."""

    packs: Path
    settings: Settings

    @property
    def folder(self) -> Path:
        return self.packs / "dues"

    def change(self, process: str) -> None:
        write_pack(self.folder, processes__payment=process)

    @property
    def version(self) -> str:
        """Identity of the map in the file."""
        return load_pack(self.folder).definition.processes["payment"].identity

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Service]:
        async with open_service(self.settings, packs=[load_pack(self.folder)]) as service:
            yield service


async def begin(service: Service, person: str) -> BindingRecord:
    await say(service, person, "when are you open?")
    record = await service.engine.store.conversation_at("dues", "chat", person)
    assert record is not None
    return await service.begin_binding(record.id, "payment", entity_type="invoice", entity_id=f"INV-{person}")


async def say(service: Service, person: str, text: str) -> None:
    change = Change(kind="message", value=text)
    await service.respond(Request(pack="dues", change=change, space="chat", address=person))


async def event(service: Service, person: str, name: str) -> None:
    await service.happen("dues", name, {"entity_type": "invoice", "entity_id": f"INV-{person}"})


async def state(service: Service, binding: BindingRecord) -> tuple[str, str]:
    found = await service.engine.store.binding(binding.id)
    assert found is not None
    return found.state, found.version
