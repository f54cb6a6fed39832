"""Wake-ups: memory, redis."""
