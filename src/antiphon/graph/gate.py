"""The gate and what may follow it: synthesis, a question to a person, or a handoff. One of them, never two."""

from collections.abc import Sequence

from antiphon.core.errors import ScaleUnavailable
from antiphon.core.event import ApprovalAsked, HandedOff, MessageSent
from antiphon.core.gate import Judgement, confidence_in_route, judge
from antiphon.core.handoff import context, summary
from antiphon.core.mail import sender
from antiphon.core.pack import PackDef
from antiphon.core.scale import Grade
from antiphon.core.step import Step
from antiphon.graph.state import ConversationState
from antiphon.ports import Render, Scales


async def gate(state: ConversationState, *, pack: PackDef, scales: Scales, asks: Sequence[str]) -> ConversationState:
    """Whether the drafts may go out by themselves. `asks` are the scales that no specialist asks.

    What cannot be judged goes to a person: a legal threat is not answered by us because a model is away.
    """
    grades = dict(state.get("grades", {}))
    text = state["change"].value
    try:
        for scale in asks if state["gist"] else ():
            grades[scale] = await scales.judge(scale, text, gist=state["gist"])
    except ScaleUnavailable as away:
        return {"grades": grades, "judgement": Judgement(verdict="handoff", reason=str(away))}
    confidence = _confidence(state, pack)
    return {
        "confidence": confidence,
        "grades": grades,
        "judgement": judge(pack.gate, state["intent"], confidence, grades),
        "facts": [{grade.scale: grade.level for grade in grades.values()}],
        "steps": [_judged(grades[scale]) for scale in asks if scale in grades and "provider" in grades[scale].why],
    }


def _judged(grade: Grade) -> Step:
    """What a model said, or who stepped in for it. Without a model there is nothing to say beside the verdict."""
    return Step(node="gate", agent="orchestrator", action=f"judged_{grade.scale}", output=grade.level, why=grade.why)


def _confidence(state: ConversationState, pack: PackDef) -> float:
    """How sure we are of the route, where the pack's gate asks for that."""
    understood, decision = state["understanding"], state["decision"]
    if not pack.gate.handoff_below or understood is None or decision.rule != "follows_intent":
        return state["confidence"]
    return confidence_in_route(pack, decision.route[0], understood)


async def synthesize_response(state: ConversationState, *, pack: PackDef, render: Render) -> ConversationState:
    """The drafts as one reply, in the pack's letter when it has one."""
    response = "\n\n".join(draft for draft in state["drafts"] if draft)
    if pack.letter and response:
        response = render(pack.letter, {"body": response, "run_id": state["run_id"], **sender(state["change"])})
    return {"response": response, "status": state.get("status", "completed")}


async def await_approval(state: ConversationState, *, pack: PackDef, render: Render) -> ConversationState:
    """The reply is held; the customer is told that a person looks at it."""
    reason = state["judgement"].reason or ""
    draft = "\n\n".join(state["drafts"])
    return {
        "response": _told(pack.gate.approve_reply, state, render),
        "status": "awaiting_approval",
        "facts": [{"draft": draft}],
        "events": [ApprovalAsked(run_id=state["run_id"], reason=reason, draft=draft)],
        "steps": [Step(node="await_approval", agent="gate", action="asked_for_approval", output=reason)],
    }


async def handoff(state: ConversationState, *, pack: PackDef, render: Render) -> ConversationState:
    """A person is in charge, with the case on one page; the customer is told so."""
    reason = state["judgement"].reason or ""
    page = context(
        change=state["change"],
        intent=state["intent"],
        confidence=state["confidence"],
        reason=reason,
        grades=state.get("grades", {}),
        steps=state["steps"],
        draft="\n\n".join(state["drafts"]),
    )
    step = Step(
        node="handoff", agent="handoff_agent", action="prepared_handoff_summary", output=summary(page), why=page
    )
    return {
        "response": _told(pack.gate.handoff_reply, state, render),
        "status": "escalated",
        "facts": [{"escalation": page}],
        "events": [HandedOff(run_id=state["run_id"], reason=reason, context=page)],
        "steps": [step],
    }


def _told(reply: str | None, state: ConversationState, render: Render) -> str:
    if reply is None:
        return ""
    facts = {"run_id": state["run_id"], "reason": state["judgement"].reason or "", **sender(state["change"])}
    return render(reply, facts)


async def log_audit(state: ConversationState) -> ConversationState:
    """What was said goes on record, last; everything before it is there already."""
    reply = state.get("response")
    if not reply:
        return {}
    return {"events": [MessageSent(run_id=state["run_id"], channel=state["change"].channel, text=reply)]}
