"""The store on PostgreSQL, for any number of processes. Its driver comes with the extra `postgres`."""

from antiphon.storage.postgres.open import open_postgres
from antiphon.storage.postgres.store import PostgresStore, PostgresStores

__all__ = ["PostgresStore", "PostgresStores", "open_postgres"]
