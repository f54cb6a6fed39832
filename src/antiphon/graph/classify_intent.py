"""The node that understands a message."""

from antiphon.core.decide import allowed_intents
from antiphon.core.mail import gist, is_mail
from antiphon.core.message import telling_parts
from antiphon.core.pack import PackDef
from antiphon.core.step import Step
from antiphon.graph.state import ConversationState
from antiphon.ports import Classifier


async def classify_intent(state: ConversationState, *, pack: PackDef, classifier: Classifier) -> ConversationState:
    """What the message means among the intents that count now. A change without words has no meaning to find."""
    change = state["change"]
    if change.kind != "message":
        return {"gist": "", "understanding": None}
    about = gist(change) if is_mail(change) else change.value
    allowed = allowed_intents(pack, state["conversation"])
    readings = [await classifier.classify(part, allowed=allowed) for part in telling_parts(about)]
    understood = max(readings, key=lambda reading: reading.scope_score)
    return {
        "gist": about,
        "understanding": understood,
        "steps": [
            Step(
                node="classify_intent",
                agent="orchestrator",
                action="classified_intent",
                output=understood.intent if understood.in_scope else "out of scope",
                why={
                    "provider": understood.provider,
                    "ranked": [[intent, round(share, 4)] for intent, share in understood.ranked],
                    "scope_score": round(understood.scope_score, 4),
                    "threshold": round(understood.threshold, 4),
                },
            )
        ],
    }
