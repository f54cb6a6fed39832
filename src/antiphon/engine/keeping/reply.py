"""Replies: carried back on the channel that the message came from."""

import asyncio
from weakref import WeakValueDictionary

from antiphon.core.effect import Attempted, KeptEffect
from antiphon.core.names import ConversationId
from antiphon.engine.engine import Engine
from antiphon.ports import Channel, Delivery, Outgoing


class ReplyPerformer:
    """`ports.Performer` of replies. They keep to their channel: whoever wrote there looks there.

    The replies of one conversation that this process performs go out one after the other, in the order in which they
    were taken up.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lines: WeakValueDictionary[ConversationId, asyncio.Lock] = WeakValueDictionary()

    async def perform(self, effect: KeptEffect) -> Attempted:
        """See `ports.Performer`."""
        name = effect.effect.payload["channel"]
        channel = self._engine.channels.get(name)
        if channel is None:
            return Attempted(outcome="failed", reason=f"the channel {name} is not on", retry=False)
        line = self._lines.setdefault(effect.conversation_id, asyncio.Lock())
        async with line:  # first come, first served
            return attempted(channel, await channel.send(await self._outgoing(effect)))

    async def resume(self, effect: KeptEffect) -> Attempted:
        """Again where the channel knows our keys; else nobody knows how the lost attempt went."""
        channel = self._engine.channels.get(effect.effect.payload["channel"])
        if channel and channel.repeatable:
            return await self.perform(effect)
        return Attempted(outcome="unknown", reason="whoever was sending it died before saying whether it was sent")

    async def _outgoing(self, effect: KeptEffect) -> Outgoing:
        payload = effect.effect.payload
        record = await self._engine.store.conversation(effect.conversation_id)
        run = await self._engine.store.run(effect.run_id)
        to = payload["to"]
        return Outgoing(
            address=payload["address"],
            text=payload["text"],
            key=effect.key,
            conversation_id=effect.conversation_id,
            contact_id=record.contact_id if record else "",
            subject=to.get("subject"),
            reply_to_id=to.get("reply_to_id"),
            sender_id=to.get("sender_id"),
            headers=to.get("headers") or {},
            last_inbound_at=run.created_at if run else None,
        )


def attempted(channel: Channel, delivery: Delivery) -> Attempted:
    """What a delivery comes to for the effect behind it. What only a person can put right is parked."""
    detail = {"status": "sent", "channel": channel.name, "delivery": {"provider_id": delivery.provider_id}}
    if delivery.status in ("sent", "queued"):
        return Attempted(outcome="done", detail=detail)
    reason = delivery.reason or delivery.status
    detail = {"status": "failed", "channel": channel.name, "reason": reason}
    if delivery.status == "unknown":
        outcome = "failed" if channel.repeatable else "unknown"
        return Attempted(outcome=outcome, reason=reason, detail=detail)  # type: ignore[arg-type]  # one of the two
    if delivery.policy == "park":
        return Attempted(outcome="unknown", reason=reason, detail=detail)
    return Attempted(
        outcome="failed",
        reason=reason,
        retry=delivery.policy != "stop",
        retry_after=delivery.retry_after,
        detail=detail,
    )
