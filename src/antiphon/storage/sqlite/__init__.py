"""The store on SQLite, for one process."""

from antiphon.storage.lease import LEASE_SECONDS
from antiphon.storage.sqlite.open import open_sqlite
from antiphon.storage.sqlite.readonly import open_sqlite_readonly
from antiphon.storage.sqlite.store import STORE_FILE, Connecting, SqliteStore, SqliteStores, connect

__all__ = [
    "LEASE_SECONDS",
    "STORE_FILE",
    "Connecting",
    "SqliteStore",
    "SqliteStores",
    "connect",
    "open_sqlite",
    "open_sqlite_readonly",
]
