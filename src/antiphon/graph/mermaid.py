"""The turn graph as a drawing."""

from antiphon.graph.build import TurnGraph


def mermaid(graph: TurnGraph) -> str:
    """The graph in Mermaid's language, as LangGraph draws it."""
    return graph.compile().get_graph().draw_mermaid()
