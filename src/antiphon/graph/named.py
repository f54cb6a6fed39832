"""What a pack gives a specialist beside its work, composed around its node: names, and the gist for a question."""

from dataclasses import replace

from antiphon.core.pack import SpecialistBase
from antiphon.core.step import Step
from antiphon.graph.state import ConversationState
from antiphon.graph.timed import Node

SHOWN_CHARS = 300  # of a draft, in a step


def named(node: Node, definition: SpecialistBase) -> Node:
    """A node whose steps carry the names of the pack, and show what was drafted under them."""
    if definition.agent is None and definition.action is None:
        return node

    async def renamed(state: ConversationState) -> ConversationState:
        update = await node(state)
        draft = "\n\n".join(update.get("drafts", ()))
        update["steps"] = [_renamed(step, definition, draft) for step in update.get("steps", ())]
        return update

    return renamed


def _renamed(step: Step, definition: SpecialistBase, draft: str) -> Step:
    return replace(
        step,
        agent=definition.agent or step.agent,
        action=definition.action or step.action,
        output=draft[:SHOWN_CHARS] or step.output,
        why={**step.why, "did": step.action, "found": step.output},
    )


def about_gist(node: Node) -> Node:
    """A node that reads what the message is about instead of all of it: a letter is no question, its gist may be."""

    async def reading(state: ConversationState) -> ConversationState:
        change = state["change"]
        if not state["gist"] or state["gist"] == change.value:
            return await node(state)
        return await node({**state, "change": replace(change, value=state["gist"])})

    return reading
