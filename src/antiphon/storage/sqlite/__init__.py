"""The store on SQLite, for one process."""

from antiphon.storage.sqlite.open import open_sqlite
from antiphon.storage.sqlite.readonly import open_sqlite_readonly
from antiphon.storage.sqlite.store import LEASE_SECONDS, STORE_FILE, SqliteStore, SqliteStores

__all__ = ["LEASE_SECONDS", "STORE_FILE", "SqliteStore", "SqliteStores", "open_sqlite", "open_sqlite_readonly"]
