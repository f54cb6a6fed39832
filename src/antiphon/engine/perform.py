"""Perform: keep what was promised. Each effect is tried under its key, and what became of it is stored."""

import logging

from antiphon.core.effect import Attempted, KeptEffect, settle
from antiphon.engine.engine import Engine

log = logging.getLogger(__name__)


async def perform(engine: Engine, kept: KeptEffect) -> None:
    """One attempt at one effect that `claim_due` handed out."""
    attempted = await _attempt(engine, kept)
    settled = settle(kept, attempted, engine.clock.now())
    if settled.status in ("dead", "parked"):
        log.error("effect %s is %s: %s", kept.key, settled.status, settled.reason)
    await engine.store.settle(settled)


async def _attempt(engine: Engine, kept: KeptEffect) -> Attempted:
    if kept.abandoned:
        return Attempted(outcome="unknown", reason="whoever performed it died before saying how it went")
    performer = engine.performers.get(kept.effect.kind)
    if performer is None:
        reason = f"nothing here performs effects of kind {kept.effect.kind}"
        return Attempted(outcome="failed", reason=reason, retry=False)
    try:
        return await performer.perform(kept)
    except Exception as error:
        log.exception("effect %s broke its performer", kept.key)
        return Attempted(outcome="unknown", reason=f"{type(error).__name__}: {error}")
