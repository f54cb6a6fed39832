"""Rate limits: memory, redis."""
