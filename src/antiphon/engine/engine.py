"""What the use cases work with: the store, the businesses, and the world's Protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from antiphon.core.names import PackName
from antiphon.core.pack import PackDef
from antiphon.ports import (
    Classifier,
    Clock,
    HotState,
    Ids,
    Knowledge,
    Performers,
    Render,
    Signals,
    Sink,
    Store,
    WakeUps,
    Work,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Business:
    """A pack that is loaded and ready to work."""

    pack: PackDef
    digest: str  # of the pack's files; with the version it says exactly what ran
    work: Work
    classifier: Classifier
    knowledge: Knowledge
    render: Render

    @property
    def version(self) -> str:
        """The version that conversations and runs remember, e.g. 1.0+3f9a2c1b."""
        return f"{self.pack.version}+{self.digest[:8]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Numbers that settings choose."""

    turn_wait_seconds: float = 10.0  # how long a synchronous caller waits for runs before its own
    heartbeat_seconds: float = 10.0  # a third of a lease
    sweep_seconds: float = 1.0  # how late work may be that no wake-up reached
    sweep_batch: int = 100  # conversations and effects taken up per sweep
    concurrency: int = 32  # turns that background work keeps going at once
    attempts: int = 5  # times that a turn is begun before it is given up: it may be what kills the process


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """One process's share of the work on one tenant."""

    owner: str  # this process, in leases
    store: Store
    clock: Clock
    ids: Ids
    businesses: Mapping[PackName, Business]
    signals: Signals
    wake_ups: WakeUps
    hot: HotState | None = None  # where the runs of `live` packs are shown while they go on
    hot_is_shared: bool = False  # by processes, in a store of its own that may be away
    live: frozenset[PackName] = frozenset()
    sinks: Sequence[Sink] = ()
    performers: Performers = field(default_factory=dict)
    limits: Limits = Limits()
