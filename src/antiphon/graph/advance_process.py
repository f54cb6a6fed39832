"""The node that decides: a call into `core`, nothing else."""

from antiphon.core.decide import decide
from antiphon.core.event import Decided, received
from antiphon.core.names import Facts
from antiphon.core.pack import PackDef
from antiphon.core.step import Step
from antiphon.graph.state import ConversationState


async def advance_process(state: ConversationState, *, pack: PackDef, versions: Facts) -> ConversationState:
    """Which specialists work on the change, by which rule; on record before anybody works."""
    decision = decide(pack, state["conversation"], state["change"], state["understanding"])
    why = {**decision.why, "not": list(decision.considered)}
    decided = Decided(
        run_id=state["run_id"],
        rule=decision.rule,
        intent=decision.intent,
        confidence=round(decision.confidence, 4),
        route=decision.route,
        why=why,
        versions=versions,
    )
    return {
        "decision": decision,
        "intent": decision.intent,
        "confidence": decision.confidence,
        "route": decision.route,
        "events": [*received(state["run_id"], state["change"]), decided],
        "steps": [
            Step(
                node="advance_process",
                agent="orchestrator",
                action=decision.rule,
                output=" → ".join(decision.route),
                why=why,
            )
        ],
    }
