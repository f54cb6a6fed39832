"""How we prove to a backend who we are."""

import asyncio
import base64
import re
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import quote, urlencode

import orjson

from antiphon.backend.address import checked_address
from antiphon.backend.exchange import Ask, Exchange, Reply
from antiphon.core.backend_config import CREDENTIALS, BackendConfig
from antiphon.core.errors import BackendAway, BackendError, BackendFailed, BackendMisconfigured, BackendRefused

API_KEY_HEADER = "X-API-Key"
EARLY_SECONDS = 30.0  # a token is renewed so long before its end, that it does not end on the way
USUAL_TOKEN_SECONDS = 300.0  # how long a token counts whose server does not say
_OPERATION = "an access token"
_WHERE = "POST backend.auth_credentials.token_url"
_ADVICE = "See backend.auth_credentials."


class Auth(Protocol):
    """The headers that a request needs."""

    async def headers(self) -> Mapping[str, str]:
        """Those to send with the next request."""
        ...

    def refused(self) -> bool:
        """The backend did not accept them; whether others may be had by asking again."""
        ...


class FixedAuth:
    """The same headers always."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    async def headers(self) -> Mapping[str, str]:
        """Those it was made with."""
        return self._headers

    def refused(self) -> bool:
        """There are no others."""
        return False


class ClientCredentials:
    """OAuth 2.0 client credentials (RFC 6749, 4.4): a token is fetched when it is needed and renewed before its end."""

    def __init__(self, secrets: Mapping[str, str], exchange: Exchange, clock: Callable[[], float]) -> None:
        self._url = checked_address(secrets["token_url"], "backend.auth_credentials.token_url")
        client = f"{quote(secrets['client_id'], safe='')}:{quote(secrets['client_secret'], safe='')}"
        self._who = f"Basic {base64.b64encode(client.encode()).decode()}"
        wanted = {name: secrets[name] for name in ("scope", "audience") if secrets.get(name)}
        self._form = urlencode({"grant_type": "client_credentials", **wanted}).encode()
        self._exchange = exchange
        self._clock = clock
        self._token: str | None = None
        self._ends_at = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        """A token that counts for a while yet."""
        async with self._one_at_a_time:
            if self._token is None or self._clock() >= self._ends_at:
                self._token, seconds = await self._fetched()
                self._ends_at = self._clock() + seconds - min(EARLY_SECONDS, seconds / 2)
            return {"Authorization": f"Bearer {self._token}"}

    def refused(self) -> bool:
        """Forget the token; another can be had."""
        self._token = None
        return True

    async def _fetched(self) -> tuple[str, float]:
        headers = {
            "Authorization": self._who,
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        ask = Ask(operation=_OPERATION, where=_WHERE, method="POST", url=self._url, headers=headers, body=self._form)
        try:
            reply = await self._exchange.send(ask)
        except BackendFailed as failed:  # what the token is for has not been sent
            raise _away(failed.reason) from failed
        if reply.status >= 500 or reply.status == 429:
            raise _away(f"it answered {reply.status}")
        return _token(reply)


def _away(reason: str) -> BackendAway:
    return BackendAway(operation=_OPERATION, where=_WHERE, reason=reason, after_seconds=None)


def _token(reply: Reply) -> tuple[str, float]:
    if reply.status != 200:
        raise _no_token(reply, f"it answered {reply.status}")
    try:
        found = orjson.loads(reply.body)
        token, seconds = found["access_token"], float(found.get("expires_in") or USUAL_TOKEN_SECONDS)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise _no_token(reply, "its answer holds no access_token") from None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise _no_token(reply, "its access_token is no word")
    return token, max(0.0, seconds)


def _no_token(reply: Reply, reason: str) -> BackendError:
    return BackendRefused(operation=_OPERATION, where=_WHERE, status=reply.status, reason=reason, advice=_ADVICE)


def auth_of(config: BackendConfig, exchange: Exchange, clock: Callable[[], float]) -> Auth:
    """What the settings say.

    Raises:
        BackendMisconfigured: a credential is missing, unknown, or cannot stand in a header.
    """
    secrets = {name: secret.get_secret_value() for name, secret in config.auth_credentials.items()}
    _check(config, secrets)
    match config.auth_type:
        case "none":
            return FixedAuth({})
        case "bearer":
            return FixedAuth({"Authorization": f"Bearer {secrets['token']}"})
        case "api_key":
            return FixedAuth({secrets.get("header") or API_KEY_HEADER: secrets["key"]})
        case "basic":
            both = f"{secrets['username']}:{secrets['password']}"
            return FixedAuth({"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"})
        case "oauth2":
            return ClientCredentials(secrets, exchange, clock)


def _check(config: BackendConfig, secrets: Mapping[str, str]) -> None:
    needed, allowed = CREDENTIALS[config.auth_type]
    about = f"backend.auth_type is {config.auth_type}"
    if missing := [name for name in needed if not secrets.get(name)]:
        raise BackendMisconfigured(reason=f"{about}, which needs backend.auth_credentials.{missing[0]}")
    if config.auth_type != "none" and (unknown := sorted(set(secrets) - {*needed, *allowed})):
        names = ", ".join((*needed, *allowed))
        raise BackendMisconfigured(reason=f"{about}, which takes {names} in backend.auth_credentials, not {unknown[0]}")
    for name in ("token", "key", "header"):
        value = secrets.get(name, "x")
        if not value.isascii() or not value.isprintable() or (name == "header" and not re.fullmatch(r"[\w-]+", value)):
            raise BackendMisconfigured(reason=f"backend.auth_credentials.{name} cannot stand in a header")
