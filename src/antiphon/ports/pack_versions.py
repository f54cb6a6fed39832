"""What packs were before: state maps, under which bindings may go on for years, and whether intents were the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from antiphon.core.names import Facts, Moment, PackName


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptMap:
    """One version of a process, as it was written."""

    process_type: str
    version: str  # the identity of the map
    definition: Facts  # all that the map says, as JSON values
    seen_at: Moment  # when a process was first started with it


class PackVersions(Protocol):
    """What packs were whenever a process was started with them. It is kept for as long as the store is."""

    async def keep_maps(self, pack: PackName, maps: Sequence[KeptMap]) -> None:
        """Keep them; a version that is kept already stays as it is."""
        ...

    async def kept_maps(self, pack: PackName) -> list[KeptMap]:
        """Every version of every process of a pack, by process, then by the time when it was first seen."""
        ...

    async def keep_intents(self, pack: PackName, version: str, digest: str, at: Moment) -> None:
        """Keep what a version of a pack understood, as a digest; one that is kept already stays as it is."""
        ...

    async def kept_intents(self, pack: PackName) -> dict[str, str]:
        """The digests by version of the pack."""
        ...
