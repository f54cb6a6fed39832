"""What conditions may look at beside a binding's own data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from antiphon.core.names import Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """The conversation and the contact around a binding, by the names that conditions use."""

    business_context: Facts = field(default_factory=dict)
    conversation_status: str | None = None
    attempt_count: int = 0  # of the conversation's follow-ups
    message_count: int = 0
    contact_name: str | None = None
    contact_role: str | None = None
    contact_organization: str | None = None
    extra_data: Facts = field(default_factory=dict)  # what came with the change: `extra_data.amount`

    def facts(self) -> dict[str, Any]:
        """The context by name, for `advance`."""
        return {
            "business_context": dict(self.business_context),
            "conversation_status": self.conversation_status,
            "attempt_count": self.attempt_count,
            "message_count": self.message_count,
            "contact_name": self.contact_name,
            "contact_role": self.contact_role,
            "contact_organization": self.contact_organization,
            "extra_data": dict(self.extra_data),
        }


def data_of(business_data: Facts, context: Facts) -> Mapping[str, Any]:
    """What conditions see: the binding's own data, and the context, whose names win."""
    return {**business_data, **context}
