"""What packs were before, in memory."""

from collections.abc import Sequence
from dataclasses import replace

from antiphon.core.names import Moment, PackName
from antiphon.ports import KeptMap
from antiphon.testing.tables import MemoryPart, stored


class MemoryPackVersions(MemoryPart):
    """`ports.PackVersions` of one tenant."""

    async def keep_maps(self, pack: PackName, maps: Sequence[KeptMap]) -> None:
        """See `ports.PackVersions`."""
        self._tables.check_open()
        for one in maps:
            key = (pack, one.process_type, one.version)
            self._tables.maps.setdefault(key, replace(one, definition=stored(one.definition)))

    async def kept_maps(self, pack: PackName) -> list[KeptMap]:
        """See `ports.PackVersions`."""
        self._tables.check_open()
        found = (kept for (of, _, _), kept in self._tables.maps.items() if of == pack)
        return sorted(found, key=lambda kept: (kept.process_type, kept.seen_at, kept.version))

    async def keep_intents(self, pack: PackName, version: str, digest: str, at: Moment) -> None:  # noqa: ARG002
        """See `ports.PackVersions`."""
        self._tables.check_open()
        self._tables.intents.setdefault((pack, version), digest)

    async def kept_intents(self, pack: PackName) -> dict[str, str]:
        """See `ports.PackVersions`."""
        self._tables.check_open()
        return {version: digest for (of, version), digest in self._tables.intents.items() if of == pack}
