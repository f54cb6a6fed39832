"""A step: one node of a run, with what came out, how long it took and why."""

from dataclasses import dataclass, field

from antiphon.core.names import Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What one node did. `agent` and `action` are the names shown to people and to AutoFlow's callers."""

    node: str
    agent: str
    action: str
    output: str = ""
    why: Facts = field(default_factory=dict)  # inputs and what else was considered
    ms: float = 0.0  # time spent in the node
