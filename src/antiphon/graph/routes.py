"""The branches of the turn graph."""

from antiphon.graph.state import ConversationState


def route_by_intent(state: ConversationState) -> str:
    """The first specialist of the decision; nobody answers what nobody said."""
    return state["route"][0] if state["route"] else "log_audit"


def route_after_agent(state: ConversationState) -> str:
    """The next specialist if one is left, else the gate."""
    return state["route"][0] if state["route"] else "gate"


def route_after_gate(state: ConversationState) -> str:
    """A person takes over, a person is asked, or the reply goes out: one of the three."""
    return state["judgement"].verdict
