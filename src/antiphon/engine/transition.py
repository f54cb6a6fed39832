"""What a change came to, as its caller is told."""

from dataclasses import dataclass
from typing import Any, Literal

from antiphon.core.names import ConversationId, Facts, RunId
from antiphon.engine.respond import Response


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """A binding that moved."""

    binding_id: str
    process_type: str
    from_state: str
    to_state: str
    transition: str  # "pending → reminded"
    actions: tuple[str, ...]  # types, in order
    conversation_id: ConversationId
    run_id: RunId
    source: Literal["state_machine"] = "state_machine"


def transitions_of(response: Response) -> tuple[Transition, ...]:
    """The moves of a run, in their order."""
    found: list[dict[str, Any]] = response.outcome.facts.get("transitions", [])
    return tuple(
        Transition(
            binding_id=one["binding_id"],
            process_type=one["process_type"],
            from_state=one["from"],
            to_state=one["to"],
            transition=one["transition"],
            actions=tuple(one["actions"]),
            conversation_id=response.conversation_id,
            run_id=response.run_id,
        )
        for one in found
    )


def action_results_of(response: Response) -> tuple[Facts, ...]:
    """What was asked for by the moves of a run, in their order."""
    return tuple(response.outcome.facts.get("action_results", ()))
