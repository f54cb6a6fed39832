"""What the use cases work with: the store, the businesses, and the world's Protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from antiphon.core.names import Facts, PackName
from antiphon.core.notice import NOBODY, Subscription
from antiphon.core.pack import PackDef
from antiphon.core.process.definition import StateMapDef
from antiphon.core.rule import RuleDef
from antiphon.engine.trail import NO_TRAIL
from antiphon.engine.versions import version_of, versions_of
from antiphon.ports import (
    Backend,
    Channels,
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
    zone: tzinfo = UTC  # of the rules' schedules
    maps: dict[tuple[str, str], StateMapDef] = field(default_factory=dict)  # of today and before, by type and version
    labels: Facts | None = None  # `versions_of` the pack, where the model or the workflow has a name of its own

    @property
    def version(self) -> str:
        """The version that conversations and runs remember, e.g. 1.0+3f9a2c1b."""
        return version_of(self.pack, self.digest)

    @property
    def rules(self) -> tuple[RuleDef, ...]:
        """When somebody is written to without having written."""
        return self.pack.rules

    @property
    def follows_up(self) -> bool:
        """Whether anything is ever promised to its contacts; what a reply cancels is looked for in such packs only."""
        return bool(self.pack.processes or self.rules)

    def map_of(self, process_type: str, version: str) -> StateMapDef | None:
        """The map that a binding goes on under, of today or of before; None when it is not known."""
        today = self.pack.processes.get(process_type)
        return today if today and today.identity == version else self.maps.get((process_type, version))

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
    sweep_batch: int = 1000  # conversations and effects taken up per sweep
    concurrency: int = 32  # turns that background work keeps going at once
    effects_at_once: int = 32  # of one kind: one performer and one other side
    effect_seconds: float = 60.0  # that an attempt at an effect may take; after that its outcome is unknown
    retry_seconds: float = 60.0  # before a failed effect is tried again; doubled at each attempt
    schedule_seconds: float = 60.0  # how often the next firings of schedules are looked after
    items_at_once: int = 1000  # of what is pending in the backend, taken by one look
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
    performers: Performers = field(default_factory=dict)  # beside the engine's own, see `keeping`; these win
    channels: Channels = field(default_factory=dict)  # that people are written to on
    backend: Backend | None = None  # the business's own system
    notify: Subscription = NOBODY  # who is told how runs end
    works: bool = True  # in the background; False: only what its own callers wait for
    trail: Trail = NO_TRAIL
    limits: Limits = Limits()
