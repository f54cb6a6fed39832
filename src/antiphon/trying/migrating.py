"""Taking open bindings to another version of their map: what would move where, and doing it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from antiphon.core.change import Change
from antiphon.core.errors import MigrationHalted, MigrationInvalid
from antiphon.core.process.binding import Binding
from antiphon.core.process.definition import StateMapDef
from antiphon.core.process.migrate import MigrationPlan, plan
from antiphon.engine.pack_versions import earlier_of
from antiphon.engine.receive import request_to
from antiphon.engine.service import Service
from antiphon.loader import LoadedPack
from antiphon.ports import BindingQuery, BindingRecord, Store
from antiphon.settings import Settings
from antiphon.trying.reading import reading
from antiphon.wiring import load_packs, open_service, packs_folder

CURRENT = "current"  # the version that the pack's file has now
MOST = 1_000_000  # bindings that are looked at


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What somebody asks for."""

    process_type: str
    to: str  # an identity, a declared version, or `current`
    renamed: Mapping[str, str] = field(default_factory=dict)
    pack: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """What would become, or has become, of the open bindings."""

    process: StateMapDef
    plan: MigrationPlan


def renames_of(texts: Sequence[str]) -> dict[str, str]:
    """States of before by name to states of the map.

    Raises:
        MigrationInvalid: one is not `old=new`.
    """
    pairs = [text.partition("=") for text in texts]
    if wrong := next((text for text, pair in zip(texts, pairs, strict=True) if not (pair[0] and pair[2])), None):
        raise MigrationInvalid(reason=f"`{wrong}` is no rename; expected old=new")
    return {old: new for old, _, new in pairs}


async def outlook(settings: Settings, wanted: Wanted) -> Outlook:
    """What would move where. Nothing is changed, and servers may be at work.

    Raises:
        MigrationInvalid: there is no such process, version or state.
        What opening the store raises.
    """
    pack = _pack(load_packs(packs_folder(settings)), wanted)
    async with reading(settings) as store:
        return await _outlook(store, pack, wanted)


async def migrate(settings: Settings, wanted: Wanted) -> Outlook:
    """Do it: each conversation gets a change of the kind `migrate`, which takes the path of all changes.

    Raises:
        MigrationInvalid: there is no such process, version or state.
        MigrationHalted: a conversation refused; those before it have moved.
        DataFolderInUse: a server owns the data folder.
        What `respond` raises.
    """
    pack = _pack(load_packs(packs_folder(settings)), wanted)
    quiet = settings.model_copy(update={"worker": False})
    async with open_service(quiet, packs=[pack]) as service:
        found = await _outlook(service.engine.store, pack, wanted)
        records = {record.id: record for record in await _bindings(service.engine.store, pack, wanted)}
        conversations = dict.fromkeys(records[move.binding.id].conversation_id for move in found.plan.moves)
        await _put(service, conversations, Change(kind="migrate", value=wanted.process_type, data=_data(found, wanted)))
    return found


async def _put(service: Service, conversations: Iterable[str], change: Change) -> None:
    for conversation_id in conversations:
        record = await service.engine.store.conversation(conversation_id)
        if record is not None:
            outcome = (await service.respond(request_to(record, change))).outcome
            if refused := outcome.facts.get("refused"):  # worked by a process that cannot read the map
                raise MigrationHalted(conversation_id=conversation_id, reason=refused)


def _data(found: Outlook, wanted: Wanted) -> dict[str, object]:
    return {"to": found.process.identity, "renamed": dict(wanted.renamed)}


async def _outlook(store: Store, pack: LoadedPack, wanted: Wanted) -> Outlook:
    process = await _process(store, pack, wanted)
    if unknown := sorted(set(wanted.renamed.values()) - process.known):
        raise MigrationInvalid(reason=f"there is no state {unknown[0]} in {wanted.process_type} {process.identity}")
    bindings = [_binding(record) for record in await _bindings(store, pack, wanted)]
    return Outlook(process=process, plan=plan(bindings, process, renamed=wanted.renamed))


async def _process(store: Store, pack: LoadedPack, wanted: Wanted) -> StateMapDef:
    """The map that bindings are to go on under: that of the file, or one of before."""
    name = pack.definition.name
    known = [pack.definition.processes[wanted.process_type]]
    known += [one for one in earlier_of(await store.kept_maps(name), name) if one.process_type == wanted.process_type]
    found = [one for one in known if wanted.to in (one.identity, one.version, one.digest)]
    if wanted.to == CURRENT:
        found = known[:1]
    if len({one.identity for one in found}) != 1:
        versions = ", ".join(dict.fromkeys(one.identity for one in known))
        what = "no version" if not found else "more than one version"
        raise MigrationInvalid(reason=f"{wanted.process_type} has {what} {wanted.to}; these are known: {versions}")
    return found[0]


async def _bindings(store: Store, pack: LoadedPack, wanted: Wanted) -> list[BindingRecord]:
    query = BindingQuery(pack=pack.definition.name, process_type=wanted.process_type, open_only=True, limit=MOST)
    return await store.bindings(query)


def _binding(record: BindingRecord) -> Binding:
    return Binding(
        id=record.id,
        process_type=record.process_type,
        version=record.version,
        state=record.state,
        stay="",  # when it came there does not matter for where it can go
        is_terminal=record.is_terminal,
    )


def _pack(packs: Iterable[LoadedPack], wanted: Wanted) -> LoadedPack:
    """The pack that has the process."""
    having = [pack for pack in packs if wanted.process_type in pack.definition.processes]
    found = [pack for pack in having if wanted.pack in (None, pack.definition.name)]
    if len(found) != 1:
        names = ", ".join(pack.definition.name for pack in having) or "no pack"
        raise MigrationInvalid(reason=f"{wanted.process_type} is a process of {names}; name one with --pack")
    return found[0]
