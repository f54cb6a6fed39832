"""Rules: what becomes of those that hold. A process is begun, a person is written to, somebody is told."""

import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from antiphon.core.change import BINDING, Change
from antiphon.core.errors import BackendError, IdempotencyKeyReused, TurnFailed, TurnStillWaiting
from antiphon.core.names import EffectKey, Facts, PackName
from antiphon.core.rule import RuleAction, RuleHit, entity_id_of
from antiphon.engine.contact import known_contact
from antiphon.engine.engine import Engine
from antiphon.engine.kinds import BACKEND_UPDATE
from antiphon.engine.receive import Request
from antiphon.engine.respond import Response
from antiphon.ports import ContactAddress, ContactRecord, FollowUpQuery, FollowUpStatus, Promise

log = logging.getLogger(__name__)

Ask: TypeAlias = Callable[[Request], Awaitable[Response]]  # a request to the outcome of its turn

WANTED: frozenset[FollowUpStatus] = frozenset({"scheduled", "in_progress", "awaiting_reply"})  # follow-ups that go on
LOOKED_AT = 200  # follow-ups of one contact


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleResult:
    """What became of one action of a rule that holds."""

    rule_id: str
    action: str  # its type
    status: Literal["enqueued", "begun", "escalated", "duplicate", "skipped", "waiting"]
    contact_id: str  # as the data names them
    reason: str | None = None  # for duplicate, skipped and waiting
    conversation_id: str | None = None
    followup_id: EffectKey | None = None  # key of the message that is to be sent, or of the call of the backend
    binding_id: str | None = None  # of the process that was begun
    run_id: str | None = None
    source: Literal["rules_engine"] = "rules_engine"


async def follow(engine: Engine, ask: Ask, pack: PackName, hits: Iterable[RuleHit], key: str) -> list[RuleResult]:
    """Do what rules want, each action once under the key; what became of each.

    Raises:
        BackendError: who the contact is cannot be asked, and nobody here knows them.
    """
    results: list[RuleResult] = []
    for hit in hits:
        for place, action in enumerate(hit.rule.actions):
            one = _Doing(engine, ask, pack, hit, action, f"{key}:{hit.rule.id}:{place}")
            results.append(await one.do())
    return results


class _Doing:
    """One action of one rule."""

    def __init__(self, engine: Engine, ask: Ask, pack: PackName, hit: RuleHit, action: RuleAction, key: str) -> None:
        self._engine, self._ask, self._pack = engine, ask, pack
        self._hit, self._action, self._key = hit, action, key

    async def do(self) -> RuleResult:
        """Do it, unless it is done already or cannot be."""
        if self._action.type == "update_backend":
            return await self._update_backend()
        contact = await known_contact(self._engine, self._hit.contact_id)
        if contact is None:
            return self._result("skipped", reason="contact_not_found")
        if not contact.details.addresses:
            return self._result("skipped", reason="the contact has no address")
        if not self._action.process_type and (twin := await self._twin(contact)):
            return self._result("duplicate", reason=f"{twin} goes on about the same")
        return await self._begin(contact)

    async def _update_backend(self) -> RuleResult:
        endpoint = self._action.metadata.get("endpoint")
        payload = {"binding_id": "", "endpoint": endpoint, "payload": {**self._hit.data, "rule_id": self._hit.rule.id}}
        promise = Promise(
            key=self._key, kind=BACKEND_UPDATE, payload=payload, due_at=self._engine.clock.now(), repeatable=False
        )
        await self._engine.store.promise((promise,))
        return self._result("enqueued", followup_id=self._key)

    async def _twin(self, contact: ContactRecord) -> EffectKey | None:
        """A follow-up of this rule about the same that goes on; processes are looked for in the turn itself."""
        if self._hit.context_key is None:
            return None
        query = FollowUpQuery(pack=self._pack, statuses=WANTED, contact_id=contact.id, limit=LOOKED_AT)
        for one in await self._engine.store.follow_ups(query):
            payload = one.kept.effect.payload
            same = str(payload.get("business_context", {}).get("id", "")) == self._hit.context_key
            if same and payload["rule_id"] == self._hit.rule.id:
                return one.kept.key
        return None

    async def _begin(self, contact: ContactRecord) -> RuleResult:
        address = _best(contact.details.addresses, self._action.channel_priority)
        change = Change(
            kind="begin",
            value=self._action.process_type or "",
            channel=address.space,
            data=await self._data(),
        )
        request = Request(
            pack=self._pack, change=change, space=address.space, address=address.address, idempotency_key=self._key
        )
        try:
            return self._answered(await self._ask(request))
        except IdempotencyKeyReused:
            return self._result("duplicate", reason="it was done before")
        except (TurnStillWaiting, TurnFailed) as error:  # it is accepted, and worked or shown as failed
            return self._result("waiting", reason=str(error), run_id=error.run_id)

    def _answered(self, response: Response) -> RuleResult:
        facts = response.outcome.facts
        where: dict[str, Any] = {"conversation_id": response.conversation_id, "run_id": response.run_id}
        if "refused" in facts:
            return self._result("skipped", reason=facts["refused"], **where)
        if "duplicate" in facts:
            return self._result("duplicate", reason=f"process {facts['duplicate']} goes on about the same", **where)
        ids = {name: facts.get(name) for name in ("followup_id", "binding_id")}
        if self._action.type == "escalate":
            return self._result("escalated", **ids, **where)
        return self._result("enqueued" if ids["followup_id"] else "begun", **ids, **where)

    def _result(self, status: Any, **more: Any) -> RuleResult:
        hit, action = self._hit, self._action
        return RuleResult(rule_id=hit.rule.id, action=action.type, status=status, contact_id=hit.contact_id, **more)

    # What the conversation is given

    async def _data(self) -> dict[str, Any]:
        hit, action = self._hit, self._action
        data: dict[str, Any] = {
            "rule_id": hit.rule.id,
            "why": [f"{one.field} {one.operator} {one.value}: {one.found}" for one in hit.seen],
            "context_key": hit.context_key,
            "business_data": dict(hit.data),
            "business_context": await self._context(),
        }
        if action.process_type:
            data |= {BINDING: str(uuid.uuid5(uuid.NAMESPACE_OID, self._key)), "initial_state": action.initial_state}
            data |= self._entity()
        if action.type == "escalate":
            data["alert"] = self._alert()
        elif action.template or action.metadata.get("message"):
            data["follow_up"] = self._message()
        return data

    async def _context(self) -> Facts:
        """What the backend knows of the matter; without it the conversation goes on."""
        backend, hit = self._engine.backend, self._hit
        if backend is None:
            return {}
        try:
            return await backend.get_business_context(hit.contact_id, **self._entity())
        except BackendError as error:
            log.warning("what is known about %s stays unknown: %s", hit.rule.id, error)
            return {}

    def _entity(self) -> dict[str, str | None]:
        entity_type = self._action.entity_type or _text(self._hit.data.get("entity_type"))
        return {"entity_type": entity_type, "entity_id": entity_id_of(self._action, self._hit.data)}

    def _alert(self) -> dict[str, Any]:
        action, rule = self._action, self._hit.rule
        target = action.escalation.escalate_to if action.escalation and action.escalation.escalate_to else "operator"
        message = str(action.metadata.get("message") or rule.description or rule.name or rule.id)
        return {"target": target, "message": message, "metadata": {**action.metadata, "rule_id": rule.id}}

    def _message(self) -> dict[str, Any]:
        hit, action = self._hit, self._action
        escalation = {"escalation": action.escalation.model_dump()} if action.escalation else {}
        return {
            "rule_id": hit.rule.id,
            "template": action.template,
            "channels": list(action.channel_priority),
            "priority": hit.priority,
            "delay_minutes": action.delay_minutes,
            "metadata": {**action.metadata, **escalation, "reason": hit.rule.name or hit.rule.id},
        }


def _best(addresses: tuple[ContactAddress, ...], wanted: tuple[str, ...]) -> ContactAddress:
    """The address by which the contact's conversation is found or begun; any of them leads to the same one."""
    by_channel = [one for name in wanted for one in addresses if one.space == name]
    return (by_channel or [one for one in addresses if one.preferred] or list(addresses))[0]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
