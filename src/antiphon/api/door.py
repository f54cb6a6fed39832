"""What is asked of whoever comes in, and what they are told: keys, signatures, limits, origins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection


class Signed(Protocol):
    """Whoever can tell whether a body was signed by somebody who may."""

    def check(self, headers: Headers, body: bytes) -> None:
        """Nothing, when it was; else an error that says what is wrong."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """The rules of this installation's door. A key that is not set is not asked for; several are all valid."""

    origins: Sequence[str] = ("*",)  # where browsers may call from; credentials only when they are named
    disclose: bool = False  # an internal error shows its text to the caller
    webhook_keys: Sequence[str] = ()
    admin_keys: Sequence[str] = ()
    signatures: Signed | None = None  # of inquiries
    webhook_limit: str = "60/minute"  # inquiries of one client address
    heartbeat_seconds: float = 30.0  # of a WebSocket without news
    inbound: Mapping[str, object] = field(default_factory=dict)  # what verifies and reads webhooks, by channel


def door_of(connection: HTTPConnection) -> Door:
    """The door that the application was made with."""
    door: Door = connection.app.state.door
    return door
