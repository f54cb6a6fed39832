"""The specialist that says a reply."""

from antiphon.core.pack import SayDef
from antiphon.core.step import Step
from antiphon.graph.state import ConversationState
from antiphon.ports import Render


async def say(state: ConversationState, *, name: str, definition: SayDef, render: Render) -> ConversationState:
    """A reply of the pack, with what is known of the person and the form that is open."""
    conversation = state["conversation"]
    form = conversation.form.form if conversation.form else ""
    text = render(definition.reply, {"collected": conversation.collected, "form": form})
    return {
        "drafts": [text],
        "route": state["route"][1:],
        "steps": [Step(node=name, agent=name, action="said", output=definition.reply)],
    }
