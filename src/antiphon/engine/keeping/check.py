"""Checks: when one is due, its change is put to the conversation (CV.26)."""

from antiphon.core.effect import Attempted, KeptEffect
from antiphon.core.process.timer import change_of
from antiphon.engine.engine import Engine
from antiphon.engine.receive import receive, request_to


class CheckPerformer:
    """`ports.Performer` of checks. The key of the effect is that of the change, so that it comes once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def perform(self, effect: KeptEffect) -> Attempted:
        """See `ports.Performer`. What the change comes to is decided in its turn; too late, it does nothing."""
        record = await self._engine.store.conversation(effect.conversation_id)
        if record is None:
            return Attempted(outcome="failed", reason="its conversation is gone", retry=False)
        await receive(self._engine, request_to(record, change_of(effect.effect.payload), effect.key))
        return Attempted(outcome="done")

    async def resume(self, effect: KeptEffect) -> Attempted:
        """Again: a second change under the same key is none."""
        return await self.perform(effect)
