"""What packs were before: the same SQL on every database."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from antiphon.core.names import Moment, PackName
from antiphon.ports import KeptMap
from antiphon.storage.codec import Row, to_micros, to_moment

T = TypeVar("T")

KEEP = """
INSERT INTO maps (tenant, pack, process_type, version, definition, seen_at)
VALUES (:tenant, :pack, :process_type, :version, :definition, :seen_at) ON CONFLICT DO NOTHING
"""
KEEP_INTENTS = """
INSERT INTO pack_versions (tenant, pack, version, digest, seen_at)
VALUES (:tenant, :pack, :version, :digest, :seen_at) ON CONFLICT DO NOTHING
"""
KEPT_INTENTS = "SELECT version, digest FROM pack_versions WHERE tenant = :tenant AND pack = :pack ORDER BY seen_at DESC"
KEPT = "SELECT * FROM maps WHERE tenant = :tenant AND pack = :pack ORDER BY process_type, seen_at, version"


class SqlPackVersions:
    """`ports.PackVersions`, for a store that says how a query is run, and how a change is."""

    async def _rows(self, of: Callable[[Row], T], query: str, /, **values: Any) -> list[T]:
        raise NotImplementedError

    async def _change(self, statement: str, /, **values: Any) -> None:
        raise NotImplementedError

    async def keep_maps(self, pack: PackName, maps: Sequence[KeptMap]) -> None:
        """See `ports.PackVersions`. Maps are few, and nearly always there already."""
        known = {(one.process_type, one.version) for one in await self.kept_maps(pack)}
        for one in maps:
            if (one.process_type, one.version) not in known:
                values = {"process_type": one.process_type, "version": one.version, "seen_at": to_micros(one.seen_at)}
                definition = json.dumps(dict(one.definition), ensure_ascii=False)
                await self._change(KEEP, pack=pack, definition=definition, **values)

    async def kept_maps(self, pack: PackName) -> list[KeptMap]:
        """See `ports.PackVersions`."""
        return await self._rows(_map_of, KEPT, pack=pack)

    async def keep_intents(self, pack: PackName, version: str, digest: str, at: Moment) -> None:
        """See `ports.PackVersions`."""
        if (await self.kept_intents(pack)).get(version) != digest:
            await self._change(KEEP_INTENTS, pack=pack, version=version, digest=digest, seen_at=to_micros(at))

    async def kept_intents(self, pack: PackName) -> dict[str, str]:
        """See `ports.PackVersions`."""
        return dict(await self._rows(lambda row: (row["version"], row["digest"]), KEPT_INTENTS, pack=pack))


def _map_of(row: Row) -> KeptMap:
    return KeptMap(
        process_type=row["process_type"],
        version=row["version"],
        definition=json.loads(row["definition"]),
        seen_at=to_moment(row["seen_at"]),
    )
