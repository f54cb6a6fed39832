"""Bad input of every channel: cut at each byte, missing, of wrong types, too deep, twice, out of order, unsigned.

A channel adds its routes to POSTS. Whatever comes, the answer is a clean 4xx or a quiet 200, and nothing is stored by
halves.
"""

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.channels.email.posts import POSTS as EMAIL
from tests.channels.post import Post, deep, spoilt
from tests.channels.voice.posts import POSTS as VOICE
from tests.channels.whatsapp.posts import POSTS as WHATSAPP
from tests.server import Server

POSTS = [*WHATSAPP, *EMAIL, *VOICE]
EVERY = 61  # bytes between the cuts over HTTP, where the payload is not the main one

each_post = pytest.mark.parametrize("post", POSTS, ids=[post.name for post in POSTS])
json_posts = [post for post in POSTS if post.is_json]
signed_posts = [post for post in POSTS if post.is_signed]
each_signed_post = pytest.mark.parametrize("post", signed_posts, ids=[post.name for post in signed_posts])
each_json_post = pytest.mark.parametrize("post", json_posts, ids=[post.name for post in json_posts])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with every channel."""
    env = {name: value for post in POSTS for name, value in post.env.items()}
    with Server(tmp_path_factory.mktemp("rubbish") / "data", env=env) as running:
        yield running
        assert "unexpected failure" not in running.log()
        assert "Traceback" not in running.log()


def send(server: Server, post: Post, name: str, body: bytes) -> int:
    """The status of an answer that is none of a defect."""
    answer = server.client.post(post.path, content=body, headers=post.headers(name, body))
    assert answer.status_code < 500, (answer.text, body)
    return answer.status_code


def stored(server: Server) -> tuple[Any, Any]:
    """How much there is, of either kind."""
    stats = server.client.get("/api/v1/stats").json()
    contacts = server.client.get("/api/v1/contacts", params={"limit": 200}).json()
    return stats["total_conversations"], len(contacts)


def parsed(post: Post, body: bytes) -> None:
    """Nothing, when a body is read or refused with one of the channel's own errors."""
    with suppress(*post.errors):
        post.parse(body)


@each_post
def test_a_payload_cut_at_each_byte_is_read_or_refused(post: Post) -> None:
    for body in post.payloads.values():
        for at in range(len(body)):
            parsed(post, body[:at])


@each_json_post
def test_parts_that_are_missing_or_wrong_are_read_or_refused(post: Post) -> None:
    for body in post.payloads.values():
        for one in spoilt(body):
            parsed(post, one)


@each_post
def test_bytes_that_are_no_text_are_read_or_refused(post: Post) -> None:
    chance = random.Random(7)  # noqa: S311 - the same each time
    for body in post.payloads.values():
        for _ in range(50):
            at = chance.randrange(len(body))
            parsed(post, body[:at] + chance.randbytes(3) + body[at + 1 :])


@each_json_post
def test_a_piece_of_a_payload_stores_nothing(server: Server, post: Post) -> None:
    before = stored(server)
    for name, body in post.payloads.items():
        for at in range(0, len(body), 1 if name == post.main else EVERY):
            assert 400 <= send(server, post, name, body[:at]) < 500
    assert stored(server) == before


@each_json_post
def test_a_spoilt_payload_is_never_a_defect(server: Server, post: Post) -> None:
    for one in spoilt(post.payloads[post.main]):
        send(server, post, post.main, one)


@each_post
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b"{" * 50_000,
        json.dumps(deep(100)).encode(),
        b"[" * 500 + b"]" * 500,
    ],
)
def test_what_is_no_payload_stores_nothing(server: Server, post: Post, body: bytes) -> None:
    before = stored(server)
    send(server, post, post.main, body)
    assert stored(server) == before


@each_signed_post
def test_an_unsigned_payload_stores_nothing(server: Server, post: Post) -> None:
    before = stored(server)
    for name, body in post.payloads.items():
        kept = {key: value for key, value in post.headers(name, body).items() if key.lower() == "content-type"}
        for given in (kept, post.headers(name, body + b" ") | kept):
            assert 400 <= server.client.post(post.path, content=body, headers=given).status_code < 500
    assert stored(server) == before


@each_post
def test_twice_and_out_of_order_is_once(server: Server, post: Post) -> None:
    order = list(post.payloads.items())
    for name, body in order:
        send(server, post, name, body)
    before = stored(server)
    random.Random(7).shuffle(order)  # noqa: S311 - the same each time
    for name, body in [*order, *order]:
        send(server, post, name, body)
    assert stored(server) == before
    inbound = [one["content"] for one in _messages(server) if one["direction"] == "inbound"]
    assert all(text.strip() for text in inbound)


@each_post
def test_a_body_that_is_too_large_is_refused(server: Server, post: Post) -> None:
    body = b" " * (40 * 1024 * 1024)
    answer = server.client.post(post.path, content=body, headers=post.headers(post.main, body))
    assert 400 <= answer.status_code < 500


def _messages(server: Server) -> list[dict[str, Any]]:
    found = server.client.get("/api/v1/conversations", params={"limit": 200}).json()
    ids = [one["id"] for one in found]
    return [one for at in ids for one in server.client.get(f"/api/v1/conversations/{at}").json()["messages"]]
