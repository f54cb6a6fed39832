"""The gate and what may follow it: synthesis, a question to a person, or a handoff. One of them, never two."""

from antiphon.core.event import ApprovalAsked, HandedOff, MessageSent
from antiphon.core.gate import judge
from antiphon.core.pack import PackDef
from antiphon.core.step import Step
from antiphon.graph.state import ConversationState
from antiphon.ports import Render


async def gate(state: ConversationState, *, pack: PackDef) -> ConversationState:
    """Whether the drafts may go out by themselves."""
    return {"judgement": judge(pack.gate, state["intent"], state["confidence"])}


async def synthesize_response(state: ConversationState) -> ConversationState:
    """The drafts as one reply."""
    response = "\n\n".join(draft for draft in state["drafts"] if draft)
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
    """A person is in charge; the customer is told so."""
    reason = state["judgement"].reason or ""
    return {
        "response": _told(pack.gate.handoff_reply, state, render),
        "status": "escalated",
        "events": [HandedOff(run_id=state["run_id"], reason=reason)],
        "steps": [Step(node="handoff", agent="handoff_agent", action="prepared_handoff_summary", output=reason)],
    }


def _told(reply: str | None, state: ConversationState, render: Render) -> str:
    return render(reply, {"run_id": state["run_id"], "reason": state["judgement"].reason or ""}) if reply else ""


async def log_audit(state: ConversationState) -> ConversationState:
    """What was said goes on record, last; everything before it is there already."""
    reply = state.get("response")
    if not reply:
        return {}
    return {"events": [MessageSent(run_id=state["run_id"], channel=state["change"].channel, text=reply)]}
