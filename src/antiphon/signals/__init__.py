"""Hot state and live fan-out: memory, redis."""
