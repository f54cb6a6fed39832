"""Stray events: what happened to something that nobody here knows. It is kept on record and moves nothing."""

import logging

from antiphon.core.effect import Attempted, KeptEffect

log = logging.getLogger(__name__)


class StrayEventPerformer:
    """`ports.Performer` of events that concerned nobody."""

    async def perform(self, effect: KeptEffect) -> Attempted:
        """See `ports.Performer`."""
        log.info("event %s concerned no process and no rule", effect.effect.payload["event"])
        return Attempted(outcome="done", detail={"matched": 0})
