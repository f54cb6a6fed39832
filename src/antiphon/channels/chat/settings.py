"""What web chat needs to be set."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatSettings:
    """Without secrets whoever knows an id may speak under it."""

    secrets: tuple[str, ...] = field(default=(), repr=False)  # of tokens; all are valid, the first one signs
