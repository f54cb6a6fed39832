"""Open data at the door: JSON objects of the business's own shape, within what can be stored everywhere."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

MAX_DEPTH = 12  # of objects and lists within each other
MAX_VALUES = 5_000  # in all
MAX_INT = 2**63 - 1  # what databases and other languages can hold
MAX_TEXT_CHARS = 100_000


def storable(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts as they are, when they can be stored.

    Raises:
        ValueError: too deep, too many, a number out of bounds, or text that no database takes.
    """
    left = MAX_VALUES
    within: list[tuple[Any, int]] = [(facts, 1)]
    while within:
        value, depth = within.pop()
        left -= 1
        if left < 0:
            raise ValueError(f"holds more than {MAX_VALUES} values")
        if depth > MAX_DEPTH:
            raise ValueError(f"is nested deeper than {MAX_DEPTH}")
        match value:
            case dict():
                within += [(name, depth) for name in value]
                within += [(one, depth + 1) for one in value.values()]
            case list():
                within += [(one, depth + 1) for one in value]
            case _:
                _check_plain(value)
    return facts


def _check_plain(value: object) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("must not contain NUL characters")
        if len(value) > MAX_TEXT_CHARS:
            raise ValueError(f"holds a text of more than {MAX_TEXT_CHARS} characters")
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("holds half a character (a surrogate)")
    elif isinstance(value, int) and not -MAX_INT <= value <= MAX_INT:
        raise ValueError("holds a whole number of more than 64 bits")
    elif isinstance(value, float) and value - value != 0:
        raise ValueError("holds a number that is not finite")


OpenFacts = Annotated[
    dict[str, Any],
    AfterValidator(storable),
    Field(description=f"Any JSON object; at most {MAX_DEPTH} deep, {MAX_VALUES} values, numbers within 64 bits."),
]
