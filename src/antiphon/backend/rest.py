"""A backend with a REST interface: paths from the settings, values in their places."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from antiphon.backend.address import PathTemplate, checked_address
from antiphon.backend.answer import mapping, read_list, result_at, unusable
from antiphon.backend.connector import BackendConnector
from antiphon.backend.door import Call, Door
from antiphon.core.backend import BackendContact, PendingItem
from antiphon.core.backend_config import BackendConfig, EndpointConfig
from antiphon.core.errors import BackendCallInvalid, BackendMisconfigured, BackendRefused
from antiphon.core.names import EffectKey, Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class _Endpoint:
    """An endpoint, ready to be called."""

    name: str
    method: str
    path: PathTemplate
    result: str

    @property
    def where(self) -> str:
        return f"{self.method} {self.path.text.partition('?')[0]}"


# What is used when the settings say nothing of an operation, and the values that its path may hold.
USUAL: Final[dict[str, tuple[str, str, frozenset[str]]]] = {
    "get_followups": ("GET", "/followups", frozenset({"limit"})),
    "get_contact": ("GET", "/contacts/{contact_id}", frozenset({"contact_id"})),
    "get_context": ("GET", "/contacts/{contact_id}/context", frozenset({"contact_id", "entity_type", "entity_id"})),
    "update_followup": ("PATCH", "/followups/{followup_id}", frozenset({"followup_id", "status"})),
    "search_contacts": ("GET", "/contacts", frozenset({"query", "limit"})),
}
OWN_METHOD = "POST"  # of an endpoint of your own that names none


class RestBackend(BackendConnector):
    """JSON over HTTP. What is read comes by GET, what is told is sent as a JSON body."""

    def __init__(self, config: BackendConfig, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(config)
        self._base = checked_address(config.base_url, "backend.base_url")
        usual = {name: EndpointConfig(path=path) for name, (_, path, _) in USUAL.items()}
        self._endpoints = {name: _endpoint(name, given) for name, given in {**usual, **config.endpoints}.items()}
        self._door = Door(config, clock=clock)

    async def get_pending_followups(self, *, limit: int = 100) -> list[PendingItem]:
        """The endpoint get_followups."""
        endpoint = self._endpoints["get_followups"]
        answer = await self._call(endpoint, {"limit": limit})
        return read_list(answer, self.normalize_item, endpoint.name, endpoint.where, limit)

    async def get_contact(self, contact_id: str) -> BackendContact | None:
        """The endpoint get_contact; 404 and an empty answer mean that there is no such contact."""
        endpoint = self._endpoints["get_contact"]
        answer = await self._found(endpoint, {"contact_id": contact_id})
        if answer is None:
            return None
        try:
            return self.normalize_contact(mapping(answer, endpoint.name, endpoint.where))
        except ValueError as error:
            raise unusable(endpoint.name, endpoint.where, str(error)) from None

    async def get_business_context(
        self, contact_id: str, *, entity_type: str | None = None, entity_id: str | None = None
    ) -> Facts:
        """The endpoint get_context; 404 and an empty answer mean that nothing is known."""
        endpoint = self._endpoints["get_context"]
        values = {"contact_id": contact_id, "entity_type": entity_type, "entity_id": entity_id}
        answer = await self._found(endpoint, values)
        return {} if answer is None else mapping(answer, endpoint.name, endpoint.where)

    async def update_followup_status(
        self, followup_id: str, status: str, *, details: Facts | None = None, key: EffectKey | None = None
    ) -> None:
        """The endpoint update_followup; the body is the details and the status."""
        body = {**(details or {}), "status": status}
        await self._call(self._endpoints["update_followup"], {**body, "followup_id": followup_id}, body, key)

    async def search_contacts(self, query: str, *, limit: int = 20) -> list[BackendContact]:
        """The endpoint search_contacts."""
        endpoint = self._endpoints["search_contacts"]
        answer = await self._call(endpoint, {"query": query, "limit": limit})
        return read_list(answer, self.normalize_contact, endpoint.name, endpoint.where, limit)

    async def call_endpoint(self, name: str, payload: Facts, *, key: EffectKey | None = None) -> Any:
        """An endpoint of the settings; the payload fills its path and is its body, or its query with GET."""
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            raise BackendCallInvalid(operation=name[:64], reason="backend.endpoints has no such name")
        return await self._call(endpoint, payload, payload, key)

    async def check(self) -> None:
        """Nothing, unless it is left alone for a while."""
        self._door.check("any operation")

    async def close(self) -> None:
        """Let go of connections."""
        await self._door.close()

    async def _found(self, endpoint: _Endpoint, values: Facts) -> Any:
        try:
            return await self._call(endpoint, values)
        except BackendRefused as refused:
            if refused.status == 404:
                return None
            raise

    async def _call(
        self, endpoint: _Endpoint, values: Facts, body: Facts | None = None, key: EffectKey | None = None
    ) -> Any:
        reads = endpoint.method == "GET"
        call = Call(
            operation=endpoint.name,
            where=endpoint.where,
            method=endpoint.method,
            url=self._base + endpoint.path.filled(values, endpoint.name, rest_as_query=reads),
            body=None if reads else body or {},
            reads=reads,
            key=key,
        )
        answer = await self._door.send(call)
        return answer if answer is None else result_at(answer, endpoint.result, endpoint.name, endpoint.where)


def _endpoint(name: str, given: EndpointConfig) -> _Endpoint:
    setting = f"backend.endpoints.{name}"
    path = PathTemplate.of(given.path, setting)
    method, _, allowed = USUAL.get(name, (OWN_METHOD, "", path.names))
    if unknown := sorted(path.names - allowed):
        names = ", ".join(f"{{{known}}}" for known in sorted(allowed))
        raise BackendMisconfigured(reason=f"{setting} has {{{unknown[0]}}}; there are {names}")
    if name in USUAL and method == "GET" and given.method not in (None, "GET"):
        raise BackendMisconfigured(reason=f"{setting} reads, so that its method is GET")
    return _Endpoint(name=name, method=given.method or method, path=path, result=given.result)
