"""What an answer holds: found by a path, and read as contacts or items."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from antiphon.core.errors import BackendAnswerInvalid

log = logging.getLogger(__name__)

_LISTS = ("items", "data", "results")  # where a list usually stands in an object
_T = TypeVar("_T")


def result_at(value: Any, path: str, operation: str, where: str) -> Any:
    """The value at a dotted path of an answer; the answer itself when the path is empty.

    Raises:
        BackendAnswerInvalid: there is nothing.
    """
    found = value
    for name in filter(None, path.split(".")):
        if not isinstance(found, dict) or name not in found:
            advice = f"See backend.endpoints.{operation}.result."
            raise unusable(operation, where, f"it has nothing at `{path}`", advice)
        found = found[name]
    return found


def mapping(value: Any, operation: str, where: str) -> dict[str, Any]:
    """An object of an answer.

    Raises:
        BackendAnswerInvalid: it is none.
    """
    if not isinstance(value, dict):
        raise unusable(operation, where, f"an object was expected, and it is {_kind(value)}")
    return value


def read_list(value: Any, read: Callable[[dict[str, Any]], _T], operation: str, where: str, limit: int) -> list[_T]:
    """The entries of a list that can be read; others are left out, and the log says how many.

    Raises:
        BackendAnswerInvalid: it is no list, nor an object that holds one as items, data or results.
    """
    entries = value
    if isinstance(value, dict):
        entries = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), value)
    if not isinstance(entries, list):
        raise unusable(operation, where, f"a list was expected, and it is {_kind(value)}")
    found: list[_T] = []
    unread: list[str] = []
    for entry in entries:
        if len(found) == limit:
            break
        try:
            found.append(read(mapping(entry, operation, where)))
        except (ValueError, BackendAnswerInvalid) as error:
            unread.append(str(error))
    if unread:
        log.warning("%s: %d entries of the backend's answer cannot be read: %s", operation, len(unread), unread[0])
    return found


def unusable(operation: str, where: str, reason: str, advice: str = "") -> BackendAnswerInvalid:
    """An answer that has another shape than it should."""
    advice = advice or f"See backend.endpoints.{operation}; `result` says where in the answer to look."
    return BackendAnswerInvalid(operation=operation, where=where, reason=reason, advice=advice)


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "nothing" if value is None else "a single value"
