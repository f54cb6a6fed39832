"""A ticket: the name under which people refer to a support case."""

TICKET_NUMBER_DIGITS = 5  # TKT-00042; wider once a store has passed 99,999


def ticket_id(number: int) -> str:
    """The name of a ticket, e.g. TKT-00042."""
    return f"TKT-{number:0{TICKET_NUMBER_DIGITS}d}"
