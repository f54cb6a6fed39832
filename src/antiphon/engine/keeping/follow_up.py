"""Follow-ups: a person is written to on the first channel that works, and the conversation is told so (CV.27)."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from antiphon.core.change import BINDING, OUTREACH_SENT, SENT, Change
from antiphon.core.effect import Attempted, KeptEffect
from antiphon.core.errors import IdempotencyKeyReused, StoreUnavailable
from antiphon.core.names import Facts
from antiphon.engine.engine import Engine
from antiphon.engine.receive import receive, request_to
from antiphon.ports import Channel, Channels, ContactDetails, ConversationRecord, Delivery, Outgoing, Promise

EXHAUSTED = "all_channels_exhausted"
WORN_OUT = "max_attempts_reached"

_POSITION = ("process_type", "entity_id", "entity_type", "new_state", "previous_state")


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A way to reach a person."""

    channel: Channel
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A follow-up with whom it goes to."""

    effect: KeptEffect
    record: ConversationRecord
    contact: ContactDetails

    @property
    def payload(self) -> Facts:
        """What was promised."""
        return self.effect.effect.payload

    @property
    def escalation(self) -> Facts:
        """Whom to tell, and after how many messages without an answer."""
        said = self.payload["metadata"].get("escalation")
        return said if isinstance(said, dict) else {}

    @property
    def is_worn_out(self) -> bool:
        """Whether so many were sent without an answer that a person has to look."""
        limit, state = self.escalation.get("after_attempts"), self.record.state
        return isinstance(limit, int) and state.status == "waiting_response" and state.attempt_count >= limit


def routes_of(case: Case, channels: Channels) -> list[Route]:
    """The ways to reach a person, the best first: where they are, as the rule says, as they prefer, any other."""
    preferred = [one.space for one in case.contact.addresses if one.preferred]
    anywhere = [one.space for one in case.contact.addresses]
    wanted = dict.fromkeys((case.record.state.active_channel, *case.payload["channels"], *preferred, *anywhere))
    return [
        Route(channel=channels[name], address=address)
        for name in wanted
        if name in channels and (address := _address(case.contact, name))
    ]


def _address(contact: ContactDetails, channel: str) -> str | None:
    """The address on a channel: the preferred one, else the first."""
    found = [one for one in contact.addresses if one.space == channel]
    return next((one.address for one in found if one.preferred), found[0].address if found else None)


class FollowUpPerformer:
    """`ports.Performer` of follow-ups. Only a channel that knows our keys is asked again when nobody knows how it went.

    What an attempt came to stands in the effect's detail: status, channel, conversation_id, attempt, and delivery or
    reason.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def perform(self, effect: KeptEffect) -> Attempted:
        """See `ports.Performer`."""
        try:
            return await self._perform(effect)
        except StoreUnavailable as error:  # nothing was sent: after that, a store that is away is waited for
            return _failed(effect, "store_unavailable", said=str(error))

    async def _perform(self, effect: KeptEffect) -> Attempted:
        record = await self._engine.store.conversation(effect.conversation_id)
        if record is None:
            return _failed(effect, "its conversation is gone", retry=False)
        contact = await self._engine.store.contact(record.contact_id)
        if contact is None:
            return await self._ended(effect, record, _failed(effect, "contact_not_found", retry=False))
        case = Case(effect=effect, record=record, contact=contact.details)
        attempted = await (self._worn_out(case) if case.is_worn_out else self._try(case))
        return await self._ended(effect, record, attempted)

    async def resume(self, effect: KeptEffect) -> Attempted:
        """Done when the conversation knows of it; again where every channel knows our keys; else nobody knows."""
        record = await self._engine.store.conversation(effect.conversation_id)
        contact = await self._engine.store.contact(record.contact_id) if record else None
        if record and record.state.followup_id == effect.key:
            return Attempted(outcome="done", detail=_detail(effect, "sent", channel=record.state.active_channel))
        if record and contact:
            routes = routes_of(Case(effect=effect, record=record, contact=contact.details), self._engine.channels)
            if all(route.channel.repeatable for route in routes):
                return await self.perform(effect)
        reason = "whoever was sending it died before saying whether it was sent"
        return Attempted(outcome="unknown", reason=reason, detail=_detail(effect, "failed", reason="unknown"))

    async def _try(self, case: Case) -> Attempted:
        """Each way in turn, up to the first that works; no other one is tried after a try that may have worked."""
        routes = routes_of(case, self._engine.channels)
        if not routes:
            return _failed(case.effect, "no_channel")
        text = self._text(case)
        if isinstance(text, Attempted):
            return text
        reasons: list[str] = []
        for route in routes:
            delivery = await _send(route, _outgoing(case, route, text))
            if delivery.status in ("sent", "queued"):
                return await self._sent(case, route, text, delivery)
            reasons.append(f"{route.channel.name}: {delivery.reason or delivery.status}")
            if delivery.status == "unknown":
                return _in_doubt(case.effect, route, reasons[-1])
        await self._tell(case.record, case.effect, EXHAUSTED, f"exhausted:{case.effect.attempts}")
        return _failed(case.effect, EXHAUSTED, said="; ".join(reasons))

    def _text(self, case: Case) -> str | Attempted:
        """What is said; a failed attempt where the pack cannot say it."""
        name, pack = case.payload["template"], case.record.pack
        if name is None:
            said = case.payload["metadata"].get("message")
            return str(said) if said else _failed(case.effect, "it has neither a template nor a message", retry=False)
        business = self._engine.businesses.get(pack)
        if business is None or name not in business.pack.replies:
            return _failed(case.effect, f"the pack {pack} has no template {name}", retry=False)
        try:
            return business.render(name, _facts(case))
        except Exception as error:  # noqa: BLE001 - whatever a template raises says why nothing can be sent
            return _failed(case.effect, f"the template {name} cannot be filled in: {error}", retry=False)

    async def _sent(self, case: Case, route: Route, text: str, delivery: Delivery) -> Attempted:
        effect, channel = case.effect, route.channel.name
        sent = {
            "followup_id": effect.key,
            "channel": channel,
            "address": route.address,
            "text": text,
            "template": case.payload["template"],
            "attempt": effect.attempts,
        }
        change = Change(kind="action", value=OUTREACH_SENT, channel=channel, data={SENT: sent, **_about(effect)})
        await self._record(case.record, change, effect.key)
        told = {name: value for name, value in asdict(delivery).items() if value is not None}
        return Attempted(outcome="done", detail=_detail(effect, "sent", channel=channel, delivery=told))

    async def _record(self, record: ConversationRecord, change: Change, key: str) -> None:
        """Once under its key. What was sent is known here alone, so a store that is away is waited for."""
        while True:
            try:
                await receive(self._engine, request_to(record, change, key))
            except IdempotencyKeyReused:
                return  # an earlier attempt has said so already
            except StoreUnavailable:
                await asyncio.sleep(self._engine.limits.sweep_seconds)
            else:
                return

    async def _worn_out(self, case: Case) -> Attempted:
        """Nothing is sent: so many were, and nobody answers. A person is told, if the rule names one."""
        target = case.escalation.get("escalate_to")
        if target:
            message = f"{case.contact.name} has not answered {case.record.state.attempt_count} messages"
            told = {**case.escalation, "conversation_id": case.record.id, "rule_id": case.payload["rule_id"]}
            alert = {"binding_id": "", "target": str(target), "message": message, "metadata": told}
            due = self._engine.clock.now()
            await self._engine.store.promise(
                (Promise(key=f"{case.effect.key}:alert", kind="alert", payload=alert, due_at=due),)
            )
        return _failed(case.effect, WORN_OUT, retry=False)

    async def _ended(self, effect: KeptEffect, record: ConversationRecord, attempted: Attempted) -> Attempted:
        """After the last attempt that failed the conversation is told, whatever the reason."""
        last = not attempted.retry or effect.attempts >= effect.effect.max_attempts
        if attempted.outcome == "failed" and last:
            await self._tell(record, effect, WORN_OUT, "max")
        return attempted

    async def _tell(self, record: ConversationRecord, effect: KeptEffect, timeout: str, place: str) -> None:
        data: dict[str, Any] = {"followup_id": effect.key, **_about(effect)}
        change = Change(kind="timeout", value=timeout, data=data)
        await self._record(record, change, f"{effect.key}:{place}")


def _about(effect: KeptEffect) -> dict[str, str]:
    """The process that it was promised to, which alone is moved; without one, all of them are."""
    binding_id = effect.effect.payload.get("binding_id")
    return {BINDING: binding_id} if binding_id else {}


def _outgoing(case: Case, route: Route, text: str) -> Outgoing:
    return Outgoing(
        address=route.address,
        text=text,
        key=case.effect.key,
        conversation_id=case.record.id,
        contact_id=case.record.contact_id,
        subject=case.payload["metadata"].get("subject"),
    )


async def _send(route: Route, message: Outgoing) -> Delivery:
    try:
        return await route.channel.send(message)
    except Exception as error:  # noqa: BLE001 - a channel's defect: it may have sent before it broke
        return Delivery(status="unknown", reason=f"{type(error).__name__}: {error}")


def _facts(case: Case) -> Facts:
    """What templates see, see `core.process.proposed.TEMPLATE_FACTS`."""
    context = {**case.record.state.business_context, **case.payload["business_context"]}
    contact = case.contact
    return {
        **dict(_positions(context)),
        "business_context": context,
        "metadata": case.payload["metadata"],
        "contact_id": context.get("contact_id") or case.record.contact_id,
        "contact_name": contact.name,
        "contact_role": contact.role or "",
        "contact_organization": contact.organization or "",
    }


def _positions(context: Facts) -> Iterator[tuple[str, str]]:
    for name in _POSITION:
        yield name, context.get(name) or ""


def _in_doubt(effect: KeptEffect, route: Route, reason: str) -> Attempted:
    """Tried again where the other side recognises the key; else nobody repeats it blindly (promise 4)."""
    detail = _detail(effect, "failed", channel=route.channel.name, reason="unknown")
    return Attempted(outcome="failed" if route.channel.repeatable else "unknown", reason=reason, detail=detail)


def _failed(effect: KeptEffect, reason: str, *, retry: bool = True, said: str = "") -> Attempted:
    full = f"{reason} ({said})" if said else reason
    return Attempted(outcome="failed", reason=full, retry=retry, detail=_detail(effect, "failed", reason=reason))


def _detail(effect: KeptEffect, status: str, **more: Any) -> dict[str, Any]:
    """What became of an attempt, as lists and callers are told."""
    return {"status": status, "conversation_id": effect.conversation_id, "attempt": effect.attempts, **more}
