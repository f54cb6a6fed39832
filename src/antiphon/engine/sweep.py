"""Sweep: find the work that no wake-up reached, so that losing the queue costs time and not data."""

from antiphon.engine.engine import Engine


async def sweep(engine: Engine) -> int:
    """Wake every conversation that waits; how many there were. Effects are looked for as often, by `Performing`."""
    conversations = await engine.store.waiting(engine.limits.sweep_batch)
    for conversation_id in conversations:
        engine.wake_ups.wake(conversation_id)
    return len(conversations)
