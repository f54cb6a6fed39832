"""Proving who we are: bearer, api_key, basic and OAuth 2.0 client credentials, over real HTTP."""

import asyncio
import base64
import logging
from typing import Any

import pytest

from antiphon.backend import open_backend
from antiphon.core.backend_config import BackendConfig
from antiphon.core.errors import BackendAway, BackendMisconfigured, BackendRefused
from tests.backend.conftest import Connect
from tests.backend.server import Business, answers
from tests.backend.test_troubles import SetClock

BASIC = f"Basic {base64.b64encode('ann:grüße'.encode()).decode()}"


def oauth(system: Business) -> dict[str, Any]:
    """The settings of OAuth with the test server."""
    token_url = f"http://127.0.0.1:{system.port}/token"
    secrets = {"token_url": token_url, "client_id": "me", "client_secret": "s3cret", "scope": "read write"}
    return {"auth_type": "oauth2", "auth_credentials": secrets}


@pytest.mark.parametrize(
    ("kind", "credentials", "header", "value"),
    [
        ("bearer", {"token": "abc"}, "authorization", "Bearer abc"),
        ("api_key", {"key": "abc"}, "x-api-key", "abc"),
        ("api_key", {"key": "abc", "header": "X-Shop-Key"}, "x-shop-key", "abc"),
        ("basic", {"username": "ann", "password": "grüße"}, "authorization", BASIC),
    ],
)
async def test_credentials_go_along(
    system: Business, connect: Connect, kind: str, credentials: dict[str, str], header: str, value: str
) -> None:
    system.accepts = lambda headers: headers.get(header) == value

    assert await connect(auth_type=kind, auth_credentials=credentials).get_contact("D001") is not None


async def test_wrong_credentials_are_refused_with_advice(system: Business, connect: Connect) -> None:
    system.accepts = lambda headers: False

    with pytest.raises(BackendRefused, match="auth_credentials") as refused:
        await connect(auth_type="bearer", auth_credentials={"token": "hush-hush"}).get_contact("D001")
    assert "hush-hush" not in f"{refused.value!r} {refused.value.facts}"


async def test_a_token_is_fetched_once_for_many_calls(system: Business, connect: Connect) -> None:
    system.accepts = lambda headers: headers.get("authorization") == "Bearer token-1"
    backend = connect(**oauth(system))

    await asyncio.gather(*(backend.get_contact("D001") for _ in range(10)))

    assert system.tokens == 1
    (asked,) = [asked for asked in system.asked if asked.path == "/token"]
    assert asked.body == b"grant_type=client_credentials&scope=read+write"
    assert asked.headers["authorization"] == f"Basic {base64.b64encode(b'me:s3cret').decode()}"


async def test_a_token_is_renewed_before_its_end(system: Business, connect: Connect) -> None:
    clock = SetClock()
    backend = connect(clock, **oauth(system))
    for seconds, tokens in ((0, 1), (3569, 1), (3571, 2)):
        clock.now = seconds
        await backend.get_contact("D001")
        assert system.tokens == tokens


async def test_a_token_that_is_refused_is_renewed_once(system: Business, connect: Connect) -> None:
    backend = connect(**oauth(system))
    await backend.get_contact("D001")
    system.accepts = lambda headers: headers.get("authorization") == "Bearer token-2"

    await backend.update_followup_status("FU001", "completed")  # not made before, so that it may be sent again
    assert len(system.updates) == 1

    system.accepts = lambda headers: False
    with pytest.raises(BackendRefused):
        await backend.get_contact("D001")
    assert system.tokens == 3


async def test_a_token_that_cannot_be_had_is_said(system: Business, connect: Connect) -> None:
    backend = connect(
        **{**oauth(system), "auth_credentials": {**oauth(system)["auth_credentials"], "token_url": system.url}}
    )
    system.troubles = [answers(400)]
    with pytest.raises(BackendRefused, match=r"an access token .*answered 400"):
        await backend.get_contact("D001")

    system.troubles = [answers(200, b'{"token": "x"}')]
    with pytest.raises(BackendRefused, match="no access_token"):
        await backend.get_contact("D001")


async def test_a_change_whose_token_fails_was_not_made(system: Business, connect: Connect) -> None:
    given = oauth(system)
    given["auth_credentials"]["token_url"] = system.url
    system.troubles = [answers(500)] * 3

    with pytest.raises(BackendAway) as away:
        await connect(**given).update_followup_status("FU001", "completed")
    assert not away.value.unknown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"auth_type": "bearer"}, "needs backend.auth_credentials.token"),
        ({"auth_type": "basic", "auth_credentials": {"username": "a"}}, "needs backend.auth_credentials.password"),
        ({"auth_type": "api_key", "auth_credentials": {"key": "a", "token": "b"}}, "takes key, header"),
        ({"auth_type": "bearer", "auth_credentials": {"token": "a\nb"}}, "cannot stand in a header"),
        ({"auth_type": "api_key", "auth_credentials": {"key": "a", "header": "X Y"}}, "cannot stand in a header"),
        ({"base_url": "ftp://x"}, "no address"),
        ({"base_url": "http://x:99999"}, "no address"),
        ({"base_url": "https://ann:pw@x"}, "auth_credentials"),
        ({"base_url": "https://x/?key=1"}, "ends with its path"),
        ({"endpoints": {"get_contact": "contacts"}}, "no path"),
        ({"endpoints": {"get_contact": "//evil/x"}}, "no path"),
        ({"endpoints": {"get_contact": "/a/../b"}}, "leads out"),
        ({"endpoints": {"get_contact": "/a/{contact}"}}, "{contact_id}"),
        ({"endpoints": {"get_contact": "POST /a"}}, "its method is GET"),
        ({"type": "graphql"}, "no queries"),
        ({"type": "graphql", "endpoints": {"get_contact": "/contacts"}}, "no GraphQL"),
        ({"type": "grpc"}, "no connector `grpc`"),
    ],
)
def test_what_is_set_wrongly_is_said_at_the_start(given: dict[str, Any], said: str) -> None:
    config = BackendConfig.model_validate({"base_url": "https://api.example.com", **given})

    with pytest.raises(BackendMisconfigured) as wrong:
        open_backend(config)
    assert said in str(wrong.value)


async def test_no_secret_in_any_log(system: Business, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    given = oauth(system)
    backend = connect(**given)
    await backend.search_contacts("ann@example.com")

    assert "s3cret" not in caplog.text + repr(backend.config)
    assert "token-1" not in caplog.text
