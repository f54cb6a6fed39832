"""Packs over time: what one is today is kept, and what its processes were before is at hand.

A binding goes on under the map that it began under, however often the file is changed and the process restarted.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from typing import TypeAlias

from pydantic import ValidationError

from antiphon.core.names import Moment, PackName
from antiphon.core.pack import PackDef
from antiphon.core.process.advance import by_version
from antiphon.core.process.definition import DIGEST_CHARS, StateMapDef
from antiphon.core.run import Claim
from antiphon.ports import KeptMap, PackVersions

log = logging.getLogger(__name__)


KnownMaps: TypeAlias = dict[tuple[str, str], StateMapDef]  # by process type and identity, as `core` takes them


async def keep_version(store: PackVersions, pack: PackDef, version: str, at: Moment) -> KnownMaps:
    """Keep what a pack is now; its maps of today, and all those of before."""
    await store.keep_intents(pack.name, version, intents_digest(pack), at)
    today = [_kept(process, at) for process in pack.processes.values()]
    if today:
        await store.keep_maps(pack.name, today)
    maps = by_version(earlier_of(await store.kept_maps(pack.name), pack.name))
    return maps | by_version(pack.processes.values())


async def learn(store: PackVersions, pack: PackName, maps: KnownMaps, claim: Claim) -> None:
    """Read the maps again when a turn needs one that is not known: a process with a changed pack has brought it."""
    needed = {(binding.process_type, binding.version) for binding in claim.conversation.bindings}
    needed |= {(run.change.value, str(run.change.data.get("to"))) for run in claim.runs if run.change.kind == "migrate"}
    if not needed <= maps.keys():
        maps |= by_version(earlier_of(await store.kept_maps(pack), pack))


def intents_digest(pack: PackDef) -> str:
    """Tells whether two packs understand alike: a hash of names, examples and when each counts, in hex."""
    said = [[intent.name, *intent.examples, intent.during] for intent in pack.intents]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:DIGEST_CHARS]


def earlier_of(kept: Sequence[KeptMap], pack: PackName) -> tuple[StateMapDef, ...]:
    """Kept maps as they can be used. One that cannot is told, and its bindings stay where they are."""
    found: list[StateMapDef] = []
    for one in kept:
        try:
            process = StateMapDef.model_validate(one.definition)
        except ValidationError:
            text = "the map %s %s of %s cannot be used any more; its bindings stay where they are"
            log.exception(text, one.process_type, one.version, pack)
            continue
        if process.identity != one.version:
            log.error("the map %s %s of %s has become %s", one.process_type, one.version, pack, process.identity)
            continue
        found.append(process)
    return tuple(found)


def _kept(process: StateMapDef, at: Moment) -> KeptMap:
    definition = process.model_dump(mode="json", exclude_defaults=True)
    return KeptMap(process_type=process.process_type, version=process.identity, definition=definition, seen_at=at)
