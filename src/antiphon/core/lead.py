"""A lead: a person who wants to hear from the business, with what they told us."""

from dataclasses import dataclass, field

from antiphon.core.names import Facts

LEAD_NUMBER_DIGITS = 5  # LEAD-00042; wider once a store has passed 99,999


def lead_id(number: int) -> str:
    """The name under which people refer to a lead, e.g. LEAD-00042."""
    return f"LEAD-{number:0{LEAD_NUMBER_DIGITS}d}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lead:
    """A captured lead. Its time is that of the turn that captured it."""

    id: str
    form: str  # the pack's form that it was captured with
    values: Facts = field(default_factory=dict)  # slot to accepted value
    status: str = "captured"
