"""The node that understands a message."""

from antiphon.core.decide import allowed_intents
from antiphon.core.intent import Understanding
from antiphon.core.mail import gist, is_mail
from antiphon.core.message import telling_parts
from antiphon.core.names import Facts
from antiphon.core.pack import PackDef
from antiphon.core.step import Step
from antiphon.graph.state import ConversationState
from antiphon.ports import Classifier


def _provider(understood: Understanding) -> Facts:
    """Who understood, what a model gave as its reason, and why somebody stepped in for it."""
    said = {"reasoning": understood.reasoning, "fallback": understood.fallback}
    return {"provider": understood.provider, **{name: value for name, value in said.items() if value}}


async def classify_intent(state: ConversationState, *, pack: PackDef, classifier: Classifier) -> ConversationState:
    """What the message means among the intents that count now. A change without words has no meaning to find."""
    change = state["change"]
    if change.kind != "message":
        return {"gist": "", "understanding": None}
    about = gist(change) if is_mail(change) else change.value
    allowed = allowed_intents(pack, state["conversation"])
    understood = await classifier.classify(change.value, allowed=allowed, parts=telling_parts(about))
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
                    **_provider(understood),
                    "ranked": [[intent, round(share, 4)] for intent, share in understood.ranked],
                    "scope_score": round(understood.scope_score, 4),
                    "threshold": round(understood.threshold, 4),
                },
            )
        ],
    }
