"""What brings a channel's webhooks, for the tests that spoil them."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """One route of a channel, with payloads that it takes."""

    name: str
    path: str
    payloads: Mapping[str, bytes]  # as recorded, without line ends at the end
    headers: Callable[[str, bytes], dict[str, str]]  # of a payload's name and the body that is sent: signed anew
    parse: Callable[[bytes], object]  # of the adapter
    errors: tuple[type[Exception], ...]  # all that `parse` may raise
    main: str  # the payload that is spoilt at every byte over HTTP, too
    env: Mapping[str, str] = field(default_factory=dict)  # that turns the channel on
    is_json: bool = True  # so that a piece of a payload is none
    is_signed: bool = True  # its headers sign the body; other routes ask for a secret, or sign within the body


SPOILT: tuple[Any, ...] = (None, True, 5, -1.5, 10**18, "x", "", "\x00", [], {}, [[]], [{}], {"a": 1})


def deep(levels: int) -> Any:
    """Objects and lists within each other."""
    value: Any = "x"
    for level in range(levels):
        value = {"text": value} if level % 2 else [value]
    return value


def spoilt(body: bytes) -> Iterator[bytes]:
    """A JSON payload with each part missing in turn, of a wrong type, and nested 100 deep."""
    for path in _paths(json.loads(body)):
        for replaced in (*SPOILT, deep(100)):
            value = json.loads(body)
            _at(value, path[:-1])[path[-1]] = replaced
            yield json.dumps(value).encode()
        value = json.loads(body)
        del _at(value, path[:-1])[path[-1]]
        yield json.dumps(value).encode()


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*above, key)
        yield from _paths(one, (*above, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value
