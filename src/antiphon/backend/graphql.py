"""A backend with a GraphQL interface: its queries and mutations come from the settings."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from antiphon.backend.address import checked_address
from antiphon.backend.answer import mapping, read_list, result_at, unusable
from antiphon.backend.connector import BackendConnector
from antiphon.backend.door import MAX_KEPT_CHARS, Call, Door
from antiphon.core.backend import BackendContact, PendingItem
from antiphon.core.backend_config import BackendConfig, EndpointConfig
from antiphon.core.errors import BackendCallInvalid, BackendMisconfigured, BackendRefused
from antiphon.core.names import EffectKey, Facts

_COMMENT = re.compile(r"#[^\n]*")
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)\s*:")
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
_WRITES = re.compile(r"\b(mutation|subscription)\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Query:
    """A query or mutation, ready to be sent."""

    name: str
    text: str
    variables: frozenset[str]  # as it declares them
    reads: bool
    result: str

    @property
    def where(self) -> str:
        return f"GraphQL {'query' if self.reads else 'mutation'}"


class GraphqlBackend(BackendConnector):
    """Queries of the settings, sent by POST. `$contactId` and `$contact_id` both take what we call contact_id."""

    def __init__(self, config: BackendConfig, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(config)
        self._url = checked_address(config.base_url, "backend.base_url")
        if not config.endpoints:
            raise BackendMisconfigured(reason="backend.type is graphql, and backend.endpoints has no queries")
        self._queries = {name: _query(name, given) for name, given in config.endpoints.items()}
        self._door = Door(config, clock=clock)

    async def get_pending_followups(self, *, limit: int = 100) -> list[PendingItem]:
        """The query get_followups."""
        query = self._query("get_followups")
        answer = await self._ask(query, {"limit": limit})
        return read_list(answer, self.normalize_item, query.name, query.where, limit)

    async def get_contact(self, contact_id: str) -> BackendContact | None:
        """The query get_contact; null means that there is no such contact."""
        query = self._query("get_contact")
        answer = await self._ask(query, {"contact_id": contact_id})
        if answer is None:
            return None
        try:
            return self.normalize_contact(mapping(answer, query.name, query.where))
        except ValueError as error:
            raise unusable(query.name, query.where, str(error)) from None

    async def get_business_context(
        self, contact_id: str, *, entity_type: str | None = None, entity_id: str | None = None
    ) -> Facts:
        """The query get_context; null means that nothing is known."""
        query = self._query("get_context")
        values = {"contact_id": contact_id, "entity_type": entity_type, "entity_id": entity_id}
        answer = await self._ask(query, values)
        return {} if answer is None else mapping(answer, query.name, query.where)

    async def update_followup_status(
        self, followup_id: str, status: str, *, details: Facts | None = None, key: EffectKey | None = None
    ) -> None:
        """The mutation update_followup; details are variables by their names."""
        values = {**(details or {}), "followup_id": followup_id, "status": status}
        await self._ask(self._query("update_followup"), values, key)

    async def search_contacts(self, query: str, *, limit: int = 20) -> list[BackendContact]:
        """The query search_contacts."""
        search = self._query("search_contacts")
        answer = await self._ask(search, {"query": query, "limit": limit})
        return read_list(answer, self.normalize_contact, search.name, search.where, limit)

    async def call_endpoint(self, name: str, payload: Facts, *, key: EffectKey | None = None) -> Any:
        """A query or mutation of the settings; the payload gives its variables."""
        return await self._ask(self._query(name), payload, key)

    async def check(self) -> None:
        """Nothing, unless it is left alone for a while."""
        self._door.check("any operation")

    async def close(self) -> None:
        """Let go of connections."""
        await self._door.close()

    def _query(self, name: str) -> _Query:
        if name not in self._queries:
            raise BackendCallInvalid(operation=name[:64], reason="backend.endpoints has no query of this name")
        return self._queries[name]

    async def _ask(self, query: _Query, values: Facts, key: EffectKey | None = None) -> Any:
        call = Call(
            operation=query.name,
            where=query.where,
            method="POST",
            url=self._url,
            body={"query": query.text, "variables": _variables(query, values)},
            reads=query.reads,
            key=key,
        )
        data = _data(await self._door.send(call), query)
        if query.result:
            return result_at(data, query.result, query.name, query.where)
        return next(iter(data.values())) if len(data) == 1 else data


def _query(name: str, given: EndpointConfig) -> _Query:
    plain = _COMMENT.sub("", given.path).strip()
    if given.method is not None or not plain.endswith("}"):
        raise BackendMisconfigured(reason=f"backend.endpoints.{name} is no GraphQL query or mutation")
    return _Query(
        name=name,
        text=given.path,
        variables=frozenset(_VARIABLE.findall(plain)),
        reads=not _WRITES.search(plain),
        result=given.result,
    )


def _variables(query: _Query, values: Facts) -> dict[str, Any]:
    """What the query declares, of what there is: by its own name, else by ours."""
    found: dict[str, Any] = {}
    for name in query.variables:
        ours = name if name in values else _HUMP.sub(r"_\1", name).lower()
        if values.get(ours) is not None:
            found[name] = values[ours]
    return found


def _data(answer: Any, query: _Query) -> dict[str, Any]:
    """The `data` of an answer; what it calls `errors` is one of ours."""
    whole = mapping(answer, query.name, query.where)
    data, errors = whole.get("data"), whole.get("errors")
    if not errors:
        return mapping(data, query.name, query.where)
    if isinstance(data, dict) and any(value is not None for value in data.values()):  # some of it was done
        raise unusable(query.name, query.where, "it holds errors beside data", "Its `errors` say which part failed.")
    raise BackendRefused(
        operation=query.name,
        where=query.where,
        status=None,
        reason="its answer names errors",
        advice=f"See backend.endpoints.{query.name} and the permissions that its credentials have.",
        answer=str(errors)[:MAX_KEPT_CHARS],
    )
