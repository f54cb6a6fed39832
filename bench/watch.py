"""Stop watches around the ports: where the time of a turn goes, without a change to the product."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, TypeVar, cast

from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.core.intent import Understanding
from antiphon.core.names import ConversationId, PackName, RunId
from antiphon.core.passage import Answer, Found
from antiphon.core.proposal import Proposal
from antiphon.core.run import Accepted, Arrival, Claim
from antiphon.engine.engine import Business
from antiphon.engine.receive import Request
from antiphon.engine.respond import Response
from antiphon.engine.service import Service
from antiphon.ports import Classifier, CompletedTurn, Knowledge, Sink, Store, Turn, Work

T = TypeVar("T")


class Watch:
    """Seconds by name, added up over all turns. Those of turns at once overlap."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.turns = 0
        self._proposed: dict[RunId, float] = {}  # turns between their proposal and their commit

    async def over(self, name: str, work: Awaitable[T]) -> T:
        """The result of some work, timed."""
        began = perf_counter()
        try:
            return await work
        finally:
            self.seconds[name] += perf_counter() - began

    def proposed(self, run_id: RunId) -> None:
        """A turn was worked out; it is sealed next."""
        self._proposed[run_id] = perf_counter()

    def sealed(self, run_id: RunId) -> None:
        """It is handed to the store. A turn that was given up was never proposed."""
        if began := self._proposed.pop(run_id, None):
            self.seconds["seal"] += perf_counter() - began


class WatchedStore:
    """A store whose hot path is timed."""

    def __init__(self, store: Store, watch: Watch) -> None:
        self._store = store
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def accept(self, arrival: Arrival, *, claim_for: str | None = None) -> Accepted:
        return await self._watch.over("accept", self._store.accept(arrival, claim_for=claim_for))

    async def commit(
        self, turn: CompletedTurn, *, keep_for: str | None = None, merge: frozenset[PackName] = frozenset()
    ) -> Claim | None:
        self._watch.sealed(turn.claim.run.id)
        return await self._watch.over("commit", self._store.commit(turn, keep_for=keep_for, merge=merge))


class WatchedClassifier:
    """A classifier, timed: encoding and what is made of the vector."""

    def __init__(self, classifier: Classifier, watch: Watch) -> None:
        self._classifier = classifier
        self._watch = watch

    async def classify(
        self, text: str, *, allowed: frozenset[str] | None = None, parts: Sequence[str] = ()
    ) -> Understanding:
        return await self._watch.over("classify", self._classifier.classify(text, allowed=allowed, parts=parts))


class WatchedKnowledge:
    """A knowledge base whose searches are timed."""

    def __init__(self, knowledge: Knowledge, watch: Watch) -> None:
        self._knowledge = knowledge
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._knowledge, name)

    async def retrieve(self, query: str, *, top_k: int = 3) -> tuple[Found, ...]:
        return await self._watch.over("knowledge", self._knowledge.retrieve(query, top_k=top_k))

    async def answer(self, question: str, *, context: str | None = None, said: str | None = None) -> Answer:
        return await self._watch.over("knowledge", self._knowledge.answer(question, context=context, said=said))


class WatchedSink:
    """A sink, timed."""

    def __init__(self, sink: Sink, watch: Watch) -> None:
        self._sink = sink
        self._watch = watch

    async def committed(self, turn: CompletedTurn) -> None:
        await self._watch.over("sinks", self._sink.committed(turn))

    async def erased(self, conversation_id: ConversationId) -> None:
        await self._sink.erased(conversation_id)


class WatchedHttp:
    """ASGI middleware, the outermost: everything between uvicorn and the answer."""

    def __init__(self, app: ASGIApp, watch: Watch, path: str) -> None:
        self._app = app
        self._watch = watch
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") != self._path:
            await self._app(scope, receive, send)
            return
        await self._watch.over("asgi", self._app(scope, receive, send))
        self._watch.turns += 1


def watched_service(service: Service, watch: Watch, work: Callable[[Business, Store, Watch], Work]) -> Service:
    """The same service with a watch around each port. `work` builds a pack's turn graph on watched ports.

    Its worker is not started: the one of the service that it is made from sweeps the same store.
    """
    engine = service.engine
    store = cast("Store", WatchedStore(engine.store, watch))
    businesses: Mapping[PackName, Business] = {
        name: replace(business, work=_watched_work(work(business, store, watch), watch))
        for name, business in engine.businesses.items()
    }
    sinks = [WatchedSink(sink, watch) for sink in engine.sinks]

    class WatchedService(Service):
        async def respond(self, request: Request) -> Response:
            return await watch.over("respond", super().respond(request))

    return WatchedService.of(replace(engine, store=store, businesses=businesses, sinks=sinks))


def _watched_work(work: Work, watch: Watch) -> Work:
    async def timed(turn: Turn) -> Proposal:
        proposal = await watch.over("work", work(turn))
        watch.proposed(turn.claim.run.id)
        return proposal

    return timed
