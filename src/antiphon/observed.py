"""From what the engine does to what an operator sees: composed around its ports, so that nobody in it knows."""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import replace
from time import perf_counter

from antiphon.core.errors import AntiphonError
from antiphon.core.model import ModelCall
from antiphon.core.names import ConversationId, PackName, RunId
from antiphon.core.pack import PackDef
from antiphon.core.proposal import Proposal
from antiphon.core.run import Outcome
from antiphon.core.step import Step
from antiphon.engine.engine import Engine
from antiphon.ports import Clock, CompletedTurn, OnCall, OnStep, Turn, Work
from antiphon.telemetry import Instruments, Metrics

UNDERSTOOD = "classified_intent"  # the step that says what a message means, should its turn fail later

_meant: ContextVar[list[str] | None] = ContextVar("meant", default=None)  # by the message that is worked on


def observed(engine: Engine, instruments: Instruments) -> Engine:
    """The engine, with its turns counted and timed, and its work on the trail."""
    packs = {name: business.pack for name, business in engine.businesses.items()}
    return replace(
        engine,
        trail=instruments.trail,
        sinks=[*engine.sinks, CountedTurns(instruments.metrics, engine.clock, packs)],
        businesses={
            name: replace(business, work=timed_work(business.work, instruments.metrics))
            for name, business in engine.businesses.items()
        },
    )


class CountedTurns:
    """`ports.Sink` that counts what was committed."""

    def __init__(self, metrics: Metrics, clock: Clock, packs: dict[PackName, PackDef]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._packs = packs

    async def committed(self, turn: CompletedTurn) -> None:
        """Count its runs, its steps, and whether a person takes over."""
        pack, outcome, now = turn.claim.pack, turn.outcome, self._clock.now()
        for run in turn.claim.runs:
            waited = max((now - run.created_at).total_seconds(), 0.0)  # clocks of two machines may differ
            self._metrics.run(pack, outcome.status, outcome.intent, waited, outcome.confidence)
            if outcome.status == "escalated":
                self._metrics.escalation(pack, reason_class(self._packs[pack], outcome))
        for step in turn.steps:
            self._metrics.step(pack, step.node, step.agent, step.ms / 1000)

    async def erased(self, conversation_id: ConversationId) -> None:
        """Nothing is kept of anybody."""


def reason_class(pack: PackDef, outcome: Outcome) -> str:
    """Why a person takes over, as one of few words: the scale of the gate's rule, `intent`, `confidence`, `other`."""
    if outcome.intent in pack.gate.handoff_intents:
        return "intent"
    reason = outcome.reason or ""
    for rule in pack.gate.handoff_when:
        if reason in {rule.reason.replace("{level}", level) for level in rule.levels}:
            return rule.scale
    if outcome.confidence is not None and reason.startswith("confidence "):
        return "confidence"
    return "other"  # such as a scale that could not be judged


def timed_work(work: Work, metrics: Metrics) -> Work:
    """Work that is timed, and whose defects are counted by what the message meant."""

    async def timed(turn: Turn) -> Proposal:
        meant: list[str] = []
        token, began = _meant.set(meant), perf_counter()
        try:
            proposal = await work(turn)
        except AntiphonError:
            raise  # expected; the run is worked again
        except Exception as error:
            metrics.error(turn.claim.pack, meant[-1] if meant else None, type(error).__name__)
            raise
        finally:
            _meant.reset(token)
        metrics.work(turn.claim.pack, perf_counter() - began)
        return proposal

    return timed


def notice_intent(pack: PackName, run_id: RunId, step: Step) -> None:  # noqa: ARG001 - as `ports.OnStep` has it
    """`ports.OnStep`: what the message that is worked on means."""
    if step.action == UNDERSTOOD and (meant := _meant.get()) is not None:
        meant.append(step.output)


def told_all(listeners: Iterable[OnStep]) -> OnStep:
    """One who tells many."""
    everyone = tuple(listeners)

    def tell(pack: PackName, run_id: RunId, step: Step) -> None:
        for listener in everyone:
            listener(pack, run_id, step)

    return tell


def told_of_calls(instruments: Instruments) -> OnCall:
    """What is done with news of a model: it is counted, and is a span of the node that asked."""

    def noted(call: ModelCall) -> None:
        instruments.metrics.model_call(call.model, call.purpose, call.outcome, call.seconds)
        if instruments.traces:
            facts = {"gen_ai.request.model": call.model, "antiphon.purpose": call.purpose, "outcome": call.outcome}
            error = call.outcome if call.outcome == "failed" else None
            instruments.traces.past(f"model {call.model}", call.seconds, facts, error)

    return noted
