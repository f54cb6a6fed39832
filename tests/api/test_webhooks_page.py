"""docs/webhooks.md: its lines of Python verify what we send, and sign what we accept; its table is true."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from antiphon.core.notice import NOTICE_TYPES
from antiphon.settings import Settings
from tests.receiver import receiving
from tests.server import Server

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
NEW, OLD, FOREIGN = ("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))
INQUIRY = json.dumps(
    {
        "sender_name": "Ada Lovelace",
        "sender_email": "ada@example.com",
        "subject": "Pricing",
        "body": "What does the Pro plan cost for 40 seats?",
    }
)


def function(name: str, mark: str) -> Callable[..., Any]:
    """A function as the page has it."""
    code = re.search(rf"<!-- {mark} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    space: dict[str, Any] = {}
    exec(code[1], space)  # noqa: S102 - the page's own lines are what is tested
    found: Callable[..., Any] = space[name]
    return found


def test_af_52_what_is_sent_and_accepted_is_as_the_page_says(tmp_path: Path) -> None:
    """Also while secrets are rotated."""
    verified, signed = function("verified", "verify"), function("signed", "sign")
    with receiving() as receiver:
        env = {
            "NOTIFY_URLS": receiver.url,
            "NOTIFY_SECRETS": f"{NEW},{OLD}",
            "WEBHOOK_SIGNING_SECRETS": f"{NEW},{OLD}",
        }
        with Server(tmp_path / "data", env=env) as server:
            for secret in (NEW, OLD):
                headers = {**signed(INQUIRY, f"m-{secret[-9:]}", secret), "content-type": "application/json"}
                accepted = server.client.post("/api/v1/webhook", content=INQUIRY, headers=headers)
                assert accepted.status_code == 200, accepted.text
            for request in receiver.wait_for(2):
                for secret in (NEW, OLD):
                    name, event = verified(request.body, request.headers, secret)
                    assert event["type"] in ("run.completed", "run.escalated")
                    assert name.startswith(event["data"]["run_id"])
                with pytest.raises(WebhookVerificationError):
                    verified(request.body, request.headers, FOREIGN)
            refused = {
                "does not match": {**signed(INQUIRY, "m-1", FOREIGN)},
                "webhook-signature missing": {**signed(INQUIRY, "m-1", NEW), "webhook-signature": ""},
                "webhook-timestamp is malformed": {**signed(INQUIRY, "m-1", NEW), "webhook-timestamp": "x"},
                "too old": {**signed(INQUIRY, "m-1", NEW), "webhook-timestamp": "1000000000"},
                "too new": {**signed(INQUIRY, "m-1", NEW), "webhook-timestamp": "9000000000"},
            }
            for why, headers in refused.items():
                headers["content-type"] = "application/json"
                answer = server.client.post("/api/v1/webhook", content=INQUIRY, headers=headers)
                assert answer.status_code == 401
                assert why in answer.json()["detail"]


def test_the_page_names_what_there_is() -> None:
    assert re.findall(r"^\| `(\w+\.\w+)` \|", PAGE, re.MULTILINE) == list(NOTICE_TYPES)
    names = set(re.findall(r"\b((?:NOTIFY|RETRY|WEBHOOK_SIGNING)_[A-Z_]+)\b", PAGE))
    assert names <= {name.upper() for name in Settings.model_fields}
    assert {name.upper() for name in Settings.model_fields if name.startswith("notify")} <= names
