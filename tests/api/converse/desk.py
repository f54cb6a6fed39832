"""What a business and its contacts do with Converse."""

import time
from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import uuid4

import httpx

from tests.server import Server

Json: TypeAlias = dict[str, Any]

WAIT_SECONDS = 30.0


class Desk:
    """One server, and the routes of Converse."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = server.client

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a route that is there."""
        answer = self.client.get(f"/api/v1/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Json | None = None, *, status: int = 200) -> Any:
        """The JSON of an answer."""
        answer = self.client.post(f"/api/v1/{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def say(self, content: str, *, channel: str = "chat", address: str | None = None) -> Json:
        """A message of a contact."""
        answer: Json = self.post(
            "messages/inbound", {"channel": channel, "sender_address": address or a_name(), "content": content}
        )
        return answer

    def begin(self, conversation_id: str, process_type: str = "payment_collection", **given: Any) -> Json:
        """A process on a conversation."""
        body = {"conversation_id": conversation_id, "process_type": process_type, **given}
        binding: Json = self.post("state-bindings", body)
        return binding

    def change(self, conversation_id: str, kind: str, value: str, **extra: Any) -> list[Json]:
        """A context change; what moved."""
        body = {"conversation_id": conversation_id, "trigger_type": kind, "trigger_value": value, "extra_data": extra}
        moves: list[Json] = self.post("context-change", body)["transitions"]
        return moves

    def state(self, binding_id: str) -> str:
        """Where a binding stands."""
        state: str = self.get(f"state-bindings/{binding_id}")["current_state"]
        return state

    def reminded(self, **given: Any) -> tuple[Json, Json, str]:
        """A contact with a payment that was asked for: the answer to a greeting, the binding, and the address."""
        address = a_name()
        hello = self.say("Hello", address=address)
        binding = self.begin(hello["conversation_id"], entity_type="invoice", **given)
        self.change(hello["conversation_id"], "action", "outreach_sent")
        assert self.state(binding["id"]) == "reminded"
        return hello, binding, address

    def follow_ups(self, contact_id: str) -> list[Json]:
        """The follow-ups of a contact."""
        found: list[Json] = self.get("followups", contact_id=contact_id)
        return found


def until(found: Callable[[], Any]) -> Any:
    """What is found, once something is."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.02)  # the deadline bounds it
    raise AssertionError("it never came")


def a_name() -> str:
    """A name or id that no other test uses."""
    return f"n-{uuid4().hex[:12]}"


def wrong(answer: httpx.Response) -> str:
    """What an error answer says."""
    detail: str = answer.json()["detail"]
    return detail
