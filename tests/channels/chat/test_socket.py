"""Chat over WebSocket against running servers (CV.20): SQLite alone, and PostgreSQL with Redis, two servers on one."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from antiphon.channels.chat import make_token
from tests.api.converse.desk import Desk, a_name
from tests.channels.chat.browser import browsing, connected
from tests.server import Server

pytestmark = pytest.mark.anyio

HELLO = "Hello"
LATER = datetime.now(UTC) + timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Office:
    """Two servers of one installation; with SQLite both are one."""

    here: Server
    there: Server

    @property
    def desk(self) -> Desk:
        return Desk(self.there)


@pytest.fixture(scope="module", params=("sqlite", "postgres+redis"))
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("chat")
    if request.param == "sqlite":
        with Server(folder / "data") as server:
            yield Office(here=server, there=server)
        return
    env = {name: request.getfixturevalue(name.lower()) for name in ("POSTGRES_URL", "REDIS_URL")}
    env["DATABASE_URL"] = env.pop("POSTGRES_URL")
    with Server(folder / "here", env=env) as here, Server(folder / "there", env=env) as there:
        yield Office(here=here, there=there)


async def write(office: Office, contact: str, text: str = HELLO) -> dict[str, Any]:
    """The contact writes by another way, to the other server; the answer is said in the transcript."""
    return await asyncio.to_thread(office.desk.say, text, address=contact)


async def test_cv20_a_message_is_answered_and_said_to_be_received(office: Office) -> None:
    async with browsing(office.here, a_name()) as browser:
        await browser.tell("message", content=HELLO, message_id="m1")
        received = await browser.event("received")
        assert received["data"]["message_id"] == "m1"
        assert received["data"]["run_id"]
        kinds = [(frame["type"], frame.get("is_typing")) for frame in browser.seen[1:]]
        assert kinds == [("typing", True), ("message", None), ("system", None)]
        said = browser.seen[2]
        assert said["content"]
        assert "queued_at" not in said
        assert (await browser.until(lambda frame: frame["type"] == "typing"))["is_typing"] is False


async def test_cv20_plain_text_is_a_message(office: Office) -> None:
    async with browsing(office.here, a_name()) as browser:
        await browser.socket.send(HELLO)
        assert (await browser.message())["content"]


async def test_cv20_signs_of_life_and_presence_are_answered(office: Office) -> None:
    async with browsing(office.here, a_name()) as browser:
        await browser.tell("heartbeat")
        await browser.event("pong")
        await browser.tell("presence", status="away")
        assert (await browser.event("presence"))["data"] == {"status": "away"}
        await browser.tell("typing", is_typing=True)
        await browser.tell("pong")
        assert await browser.quiet() == []


@pytest.mark.parametrize("frame", ['{"type":"shout"}', '{"type":"message","content":""}', b"bytes", "   "])
async def test_cv20_a_frame_that_says_nothing_is_told_so_and_the_line_stays(office: Office, frame: str | bytes) -> None:
    async with browsing(office.here, a_name()) as browser:
        await browser.socket.send(frame)
        assert (await browser.event("error"))["data"]["reason"]
        await browser.tell("message", content=HELLO)
        await browser.message()


async def test_cv20_a_message_sent_twice_counts_once(office: Office) -> None:
    contact = a_name()
    async with browsing(office.here, contact) as browser:
        for _ in range(2):
            await browser.tell("message", content=HELLO, message_id="same")
        first, second = await browser.event("received"), await browser.event("received")
        assert first["data"] == second["data"]
        assert len([frame for frame in browser.seen if frame["type"] == "message"]) == 1
        await browser.tell("message", content="Something else", message_id="same")
        assert (await browser.event("error"))["data"]["message_id"] == "same"
    async with browsing(office.here, a_name()) as other:  # ids of another person are their own
        await other.tell("message", content=HELLO, message_id="same")
        await other.event("received")


async def test_cv20_messages_are_answered_in_their_order(office: Office) -> None:
    async with browsing(office.here, a_name()) as browser:
        for number in range(8):
            await browser.tell("message", content=HELLO, message_id=f"m{number}")
        told = [(await browser.event("received"))["data"]["message_id"] for _ in range(8)]
        assert told == [f"m{number}" for number in range(8)]
        places = [int(one["message_id"].rpartition(".")[2]) for one in browser.seen if one["type"] == "message"]
        assert len(places) == 8
        assert places == sorted(places)


async def test_cv20_more_messages_at_once_than_can_wait_are_refused_not_lost_in_silence(office: Office) -> None:
    async with browsing(office.here, a_name()) as browser:
        for number in range(60):
            await browser.tell("message", content=f"{HELLO} {number}", message_id=f"m{number}")
        told: dict[str, str] = {}
        while len(told) < 60:
            frame = await browser.until(lambda one: one["type"] == "system")
            told[frame["data"]["message_id"]] = frame["event"]
        assert set(told.values()) <= {"received", "error"}
        assert list(told.values()).count("received") >= 32


async def test_cv20_what_was_said_meanwhile_waits_until_it_is_acknowledged(office: Office) -> None:
    contact = a_name()
    await write(office, contact)
    async with browsing(office.here, contact) as browser:
        waited = await browser.message()
        assert waited["queued_at"] == waited["timestamp"]
        assert await browser.quiet() == []
    async with browsing(office.here, contact) as browser:  # it was not acknowledged
        assert (await browser.message())["message_id"] == waited["message_id"]
        await browser.tell("ack", message_id=waited["message_id"])
        await browser.quiet()
    async with browsing(office.there, contact) as browser:  # it was, and every process knows
        assert await browser.quiet() == []


async def test_cv20_a_browser_may_say_what_it_has(office: Office) -> None:
    contact = a_name()
    await write(office, contact)
    async with browsing(office.here, contact) as browser:
        last = (await browser.message())["message_id"]
    async with browsing(office.here, contact, after=last) as browser:
        assert await browser.quiet() == []
    async with browsing(office.here, contact, after="another-conversation.900") as browser:
        assert (await browser.message())["message_id"] == last


async def test_cv20_an_acknowledgement_of_what_was_never_sent_is_nothing(office: Office) -> None:
    contact = a_name()
    await write(office, contact)
    async with browsing(office.here, contact) as browser:
        conversation = (await browser.message())["message_id"].rpartition(".")[0]
        for name in (f"{conversation}.999999", "x.1", "x"):
            await browser.tell("ack", message_id=name)
        await browser.quiet()
    async with browsing(office.here, contact) as browser:
        await browser.message()


async def test_cv32_what_is_said_elsewhere_on_chat_is_seen_at_once(office: Office) -> None:
    contact = a_name()
    async with browsing(office.here, contact) as browser:
        await browser.tell("message", content=HELLO)
        first = await browser.message()
        await write(office, contact)
        second = await browser.message()
    assert first["message_id"] != second["message_id"]


async def test_cv32_a_conversation_that_begins_elsewhere_is_seen_in_the_open_window(office: Office) -> None:
    contact = a_name()
    async with browsing(office.here, contact) as browser:
        assert await browser.quiet() == []
        await write(office, contact)
        assert (await browser.message())["content"]


async def test_cv20_a_follow_up_from_another_process_reaches_the_open_window(office: Office) -> None:
    contact = a_name()
    async with browsing(office.here, contact) as browser:
        await browser.tell("message", content=HELLO)
        conversation = (await browser.message())["message_id"].rpartition(".")[0]
        await browser.event("received")
        await asyncio.to_thread(remind, office.desk, conversation)
        assert (await browser.message())["content"]


def remind(desk: Desk, conversation: str) -> None:
    """A promise to pay that was not kept: the process has a reminder sent."""
    binding = desk.begin(
        conversation, entity_id=a_name(), entity_type="invoice", initial_state="promised", business_data={"amount": 5}
    )
    desk.change(conversation, "timeout", "promise_check")
    assert desk.state(binding["id"]) == "overdue"


async def test_cv20_a_newer_connection_replaces_the_older(office: Office) -> None:
    contact = a_name()
    async with browsing(office.here, contact) as older, browsing(office.there, contact) as newer:
        assert await older.closed() == 4001
        assert older.seen[-1]["event"] == "replaced"
        await newer.tell("message", content=HELLO)
        await newer.message()


async def test_cv20_other_people_are_not_concerned(office: Office) -> None:
    async with browsing(office.here, a_name()) as one, browsing(office.here, a_name()) as other:
        await one.tell("message", content=HELLO)
        await one.message()
        assert await other.quiet() == []


@pytest.mark.parametrize("contact", ["a%20b", "%00", "..", "-x", "%F0%9F%99%82", "x" * 200])
async def test_an_id_that_is_none_is_refused(office: Office, contact: str) -> None:
    try:
        async with connected(office.here, contact) as browser:
            assert await browser.closed() == 1008
    except Exception as error:  # noqa: BLE001 - a path that is no route is refused before the greeting
        assert "403" in str(error)  # noqa: PT017


async def test_a_frame_that_is_too_large_ends_the_line_and_nothing_else(office: Office) -> None:
    async with browsing(office.here, a_name()) as browser:
        await browser.socket.send("x" * 100_000)
        assert await browser.closed() == 1009
    assert office.here.client.get("/readyz").status_code == 200


async def test_a_person_who_leaves_in_the_middle_is_answered_when_they_are_back(office: Office) -> None:
    contact = a_name()
    async with browsing(office.here, contact) as browser:
        await browser.tell("message", content=HELLO, message_id="m")
        await browser.until(lambda frame: frame["type"] == "typing")
    async with browsing(office.here, contact) as browser:
        assert (await browser.message())["content"]


async def test_cv20_with_a_secret_only_tokens_open_the_door(tmp_path: Any) -> None:
    env = {"CONVERSE_SECRET_KEY": "newer-secret, older-secret", "WEBSOCKET_HEARTBEAT_SECONDS": "0.2"}
    with Server(tmp_path / "data", env=env) as server:
        for token in ("", "1.x", make_token("wrong", "ada", LATER), make_token("newer-secret", "bob", LATER)):
            async with connected(server, "ada", token=token) as refused:
                assert await refused.closed() == 4003
                assert refused.seen == []
        printed = await asyncio.to_thread(token_of, "ada", env["CONVERSE_SECRET_KEY"])
        for token in (printed, make_token("older-secret", "ada", LATER)):
            async with browsing(server, "ada", token=token) as browser:
                await browser.event("heartbeat")
                await browser.tell("message", content=HELLO)
                await browser.message()
        assert printed not in server.log()


def token_of(contact: str, secret: str) -> str:
    """A token as the command line makes it."""
    made = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", "antiphon", "chat-token", contact],
        env={**os.environ, "CONVERSE_SECRET_KEY": secret},
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip()
