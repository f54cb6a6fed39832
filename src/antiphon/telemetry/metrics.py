"""What is counted and timed, for Prometheus. One registry for each application; nothing is global.

Labels are names out of packs and code, never what anybody sent. Should one of them turn out not to be, its family
stops at `MAX_SERIES` and counts the rest as `other`.
"""

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, exposition

MAX_SERIES = 500  # of one family; five packs with ten specialists and intents each need a third of it
OTHER = "other"
NONE = "none"  # a label whose value nobody knows, such as the intent of a change without words

# Seconds. An answer is expected within milliseconds, a turn with a model takes some seconds, one that waits minutes.
SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
LONG = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

M = TypeVar("M", Counter, Gauge, Histogram)
S = TypeVar("S", bound=str)


class Entry(NamedTuple):
    """One metric, as Prometheus shows it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str


class _Family(Generic[M]):
    """One metric by its labels. Finding the series costs a look into a dict."""

    def __init__(self, metric: M, labels: int) -> None:
        self._metric: M = metric
        self._series: dict[tuple[str, ...], M] = {}
        self._rest = (OTHER,) * labels

    def of(self, *labels: str) -> M:
        """The series of these labels."""
        try:
            return self._series[labels]
        except KeyError:
            kept = labels if len(self._series) < MAX_SERIES else self._rest
            series: M = self._metric.labels(*kept)
            if kept is labels:
                self._series[labels] = series
            return series


class Metrics:
    """The metrics of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.catalogue: list[Entry] = []  # what the docs list
        ProcessCollector(registry=self.registry)
        self._requests = self._histogram(
            "antiphon_http_seconds", "From an HTTP request to its answer.", SHORT, "method", "route", "status"
        )
        self._acks = self._histogram(
            "antiphon_ack_seconds", "From a request to the answer that says its run is stored.", SHORT, "route"
        )
        self._turns = self._histogram(
            "antiphon_turn_seconds",
            "From the arrival of a change to the end of its run, waiting too.",
            LONG,
            "pack",
        )
        self._work = self._histogram(
            "antiphon_turn_work_seconds", "In the turn graph: a turn without waiting and commit.", LONG, "pack"
        )
        self._steps = self._histogram(
            "antiphon_step_seconds", "In one node of a turn that was committed.", SHORT, "pack", "node", "agent"
        )
        self._confidence = self._histogram(
            "antiphon_confidence", "How sure a run was of its intent, 0 to 1.", SHARES, "pack", "intent"
        )
        self._runs = self._counter(
            "antiphon_runs",
            "Runs worked to a committed turn, by how it left them.",
            "pack",
            "status",
            "intent",
        )
        self._escalations = self._counter(
            "antiphon_escalations", "Runs that a person took over, by the kind of reason.", "pack", "reason"
        )
        self._errors = self._counter(
            "antiphon_turn_errors", "Turns that a defect ended, by its class.", "pack", "intent", "error"
        )
        self._models = self._histogram(
            "antiphon_model_seconds", "In one call of a model, retries included.", LONG, "model", "purpose", "outcome"
        )
        self._fallbacks = self._counter(
            "antiphon_model_fallbacks", "Calls in whose place `local` worked.", "model", "purpose"
        )
        self._effects = self._gauge("antiphon_effects", "Effects kept in the store and not done.", "status")
        self._waiting = self._plain("antiphon_queue_conversations", "Conversations with work that waits or goes on.")
        self._oldest = self._plain("antiphon_queue_oldest_seconds", "Age of the oldest run that has not ended.")
        self._in_flight = self._plain("antiphon_turns_in_flight", "Conversations that this process works on now.")
        self._hot_away = self._plain("antiphon_hot_store_away", "1 while the shared hot store cannot be reached.")
        self._store_away = self._plain("antiphon_store_away", "1 while the store cannot be read.")
        self._info = self._gauge("antiphon_build_info", "1, with the version as a label.", "version")
        self._packs = self._gauge(
            "antiphon_pack_info",
            "1 for each pack, with the labels of its runs.",
            "pack",
            "version",
            "model",
            "workflow",
        )

    # What happens

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """An HTTP request was answered; `route` is the template, not the path."""
        self._requests.of(method, route, f"{status // 100}xx").observe(seconds)

    def ack(self, route: str, seconds: float) -> None:
        """A request that brought a run was answered well."""
        self._acks.of(route).observe(seconds)

    def run(self, pack: str, status: str, intent: str | None, seconds: float, confidence: float | None) -> None:
        """A run has ended, so many seconds after it came."""
        self._runs.of(pack, status, intent or NONE).inc()
        self._turns.of(pack).observe(seconds)
        if confidence is not None:
            self._confidence.of(pack, intent or NONE).observe(confidence)

    def work(self, pack: str, seconds: float) -> None:
        """A turn went through its graph."""
        self._work.of(pack).observe(seconds)

    def step(self, pack: str, node: str, agent: str, seconds: float) -> None:
        """A node has done a step of a turn that was committed."""
        self._steps.of(pack, node, agent).observe(seconds)

    def escalation(self, pack: str, reason: str) -> None:
        """A person takes over; `reason` is one of few kinds."""
        self._escalations.of(pack, reason).inc()

    def error(self, pack: str, intent: str | None, error: str) -> None:
        """A defect of this class has ended a turn."""
        self._errors.of(pack, intent or NONE, error).inc()

    def model_call(self, model: str, purpose: str, outcome: str, seconds: float) -> None:
        """A model was asked; the outcome `fallback` says that `local` worked in its place."""
        if outcome == "fallback":
            self._fallbacks.of(model, purpose).inc()
        else:
            self._models.of(model, purpose, outcome).observe(seconds)

    # What is looked at when somebody asks

    def depths(self, *, waiting: int, oldest_seconds: float, effects: Mapping[S, int]) -> None:
        """How much there is to do, as the store says; `effects` by status."""
        self._store_away.set(0)
        self._waiting.set(waiting)
        self._oldest.set(oldest_seconds)
        for status, count in effects.items():
            self._effects.of(status).set(count)

    def store_away(self) -> None:
        """The store cannot be read; its gauges stay as they were last."""
        self._store_away.set(1)

    def process(self, *, version: str, in_flight: int, hot_away: bool) -> None:
        """How this process stands."""
        self._info.of(version).set(1)
        self._in_flight.set(in_flight)
        self._hot_away.set(hot_away)

    def pack(self, pack: str, versions: Mapping[str, str]) -> None:
        """Under which versions a pack's runs are worked now."""
        self._packs.of(pack, *(versions[name] for name in ("pack", "model", "workflow"))).set(1)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All of it, and the content type that the `Accept` header asks for. Takes milliseconds; use a thread."""
        encode, content_type = exposition.choose_encoder(accept)
        return encode(self.registry), content_type

    # How they are made

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> _Family[Histogram]:
        self.catalogue.append(Entry(name, "histogram", labels, text))
        return _Family(Histogram(name, text, labels, buckets=buckets, registry=self.registry), len(labels))

    def _counter(self, name: str, text: str, *labels: str) -> _Family[Counter]:
        self.catalogue.append(Entry(f"{name}_total", "counter", labels, text))
        return _Family(Counter(name, text, labels, registry=self.registry), len(labels))

    def _gauge(self, name: str, text: str, *labels: str) -> _Family[Gauge]:
        self.catalogue.append(Entry(name, "gauge", labels, text))
        return _Family(Gauge(name, text, labels, registry=self.registry), len(labels))

    def _plain(self, name: str, text: str) -> Gauge:
        self.catalogue.append(Entry(name, "gauge", (), text))
        return Gauge(name, text, registry=self.registry)
