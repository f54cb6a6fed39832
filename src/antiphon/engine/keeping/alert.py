"""Alerts: word to somebody in the business. The effect itself is what they find; the log says so at once."""

import logging

from antiphon.core.effect import Attempted, KeptEffect

log = logging.getLogger(__name__)


class AlertPerformer:
    """`ports.Performer` of alerts."""

    async def perform(self, effect: KeptEffect) -> Attempted:
        """See `ports.Performer`."""
        target, message = effect.effect.payload["target"], effect.effect.payload["message"]
        log.warning("alert for %s: %s", target, message, extra={"run_id": effect.run_id})
        return Attempted(outcome="done", detail={"target": target, "message": message})

    async def resume(self, effect: KeptEffect) -> Attempted:
        """Again: a line twice in the log does no harm."""
        return await self.perform(effect)
