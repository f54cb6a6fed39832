"""What several processes share: a PostgreSQL that keeps its promises, and a Redis."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.local_servers import PostgresServer, RedisServer

OPEN = {"WEBHOOK_RATE_LIMIT": "1000000000/minute", "APP_ENV": "production", "LOG_LEVEL": "WARNING"}  # no limit in reach


@contextmanager
def shared_servers() -> Iterator[Mapping[str, str]]:
    """The settings that name both. PostgreSQL writes with `fsync` to the folder of temporary files (TMPDIR)."""
    with PostgresServer(fsync=True) as postgres, RedisServer() as redis:
        yield {**OPEN, "DATABASE_URL": postgres.url(), "REDIS_URL": redis.url}
