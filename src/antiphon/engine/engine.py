"""What the use cases work with: the store, the businesses, and the world's Protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from antiphon.core.names import Facts, PackName
from antiphon.core.notice import NOBODY, Subscription
from antiphon.core.pack import PackDef
from antiphon.engine.trail import NO_TRAIL
from antiphon.engine.versions import version_of, versions_of
from antiphon.ports import (
    Classifier,
    Clock,
    HotState,
    Ids,
    Knowledge,
    ModelServer,
    Performers,
    Render,
    Signals,
    Sink,
    Store,
    Trail,
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
    labels: Facts | None = None  # `versions_of` the pack, where the model or the workflow has a name of its own

    @property
    def version(self) -> str:
        """The version that conversations and runs remember, e.g. 1.0+3f9a2c1b."""
        return version_of(self.pack, self.digest)

    @property
    def versions(self) -> Facts:
        """What each run is labelled with: pack, model, workflow, engine."""
        return self.labels or versions_of(self.pack, self.digest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Numbers that settings choose."""

    key_seconds: float = 86_400.0  # how long a repeated idempotency key gets its first run
    turn_wait_seconds: float = 10.0  # how long a synchronous caller waits for runs before its own
    heartbeat_seconds: float = 10.0  # a third of a lease
    sweep_seconds: float = 1.0  # how late work may be that no wake-up reached
    sweep_batch: int = 100  # conversations and effects taken up per sweep
    concurrency: int = 32  # turns that background work keeps going at once
    effects_at_once: int = 32  # of one kind: one performer and one other side
    effect_seconds: float = 60.0  # that an attempt at an effect may take; after that its outcome is unknown
    retry_seconds: float = 60.0  # before a failed effect is tried again; doubled at each attempt
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
    model_server: ModelServer | None = None  # of one's own, for health
    sinks: Sequence[Sink] = ()
    performers: Performers = field(default_factory=dict)
    notify: Subscription = NOBODY  # who is told how runs end
    works: bool = True  # in the background; False: only what its own callers wait for
    trail: Trail = NO_TRAIL
    limits: Limits = Limits()
