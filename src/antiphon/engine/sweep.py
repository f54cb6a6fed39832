"""Sweep: find the work that no wake-up reached, so that losing the queue costs time and not data."""

from antiphon.engine.engine import Engine
from antiphon.engine.perform import perform


async def sweep(engine: Engine) -> int:
    """Wake every conversation that waits, perform every effect that is due; how many there were."""
    conversations = await engine.store.waiting(engine.limits.sweep_batch)
    for conversation_id in conversations:
        engine.wake_ups.wake(conversation_id)
    effects = await engine.store.claim_due(engine.owner, engine.clock.now(), engine.limits.sweep_batch)
    for effect in effects:
        await perform(engine, effect)
    return len(conversations) + len(effects)
