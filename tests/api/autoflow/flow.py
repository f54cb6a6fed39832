"""What a business does with AutoFlow: bring an inquiry, and ask what became of it."""

import time
from typing import Any
from uuid import uuid4

import httpx

from tests.server import Server

WAIT_SECONDS = 30.0  # for a run on a busy machine; it takes milliseconds
OPEN = {"WEBHOOK_RATE_LIMIT": "1000000/minute"}

ASKING = "Which integrations do you support? Do you work with Slack?"
ANGRY = "Your release broke everything. All our production workflows are down and we are losing money every minute!"
BUYING = "We have budget approved for 200 seats and want to buy this week. Can you show us a demo tomorrow?"


class Flow:
    """One server, and the routes of AutoFlow."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = server.client

    def post(self, body: str = ASKING, *, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """An inquiry at the door."""
        inquiry = {"sender_name": "Ada", "sender_email": "ada@example.com", "subject": "A question", "body": body}
        return self.client.post("/api/v1/webhook", json={**inquiry, **fields}, headers=headers)

    def bring(self, body: str = ASKING, **fields: Any) -> str:
        """An inquiry that is accepted; its run."""
        answer = self.post(body, **fields)
        assert answer.status_code == 200, answer.text
        run_id: str = answer.json()["run_id"]
        return run_id

    def ended(self, run_id: str) -> dict[str, Any]:
        """The run's status, once it has ended."""
        deadline = time.monotonic() + WAIT_SECONDS
        status: dict[str, Any] = {}
        while time.monotonic() < deadline:
            status = self.client.get(f"/api/v1/status/{run_id}").json()
            if status.get("status") != "running":
                return status
            time.sleep(0.01)  # the deadline bounds it
        raise AssertionError(f"the run has not ended: {status}\n{self.server.log()}")

    def work(self, body: str = ASKING, **fields: Any) -> dict[str, Any]:
        """An inquiry brought and worked; its RunStatus."""
        return self.ended(self.bring(body, **fields))


def a_word() -> str:
    """A word that no other test has written."""
    return f"w{uuid4().hex[:12]}"
