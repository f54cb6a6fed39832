"""The store on SQLite: one file in the data folder, one process, one writer thread."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

from antiphon.core.effect import KeptEffect
from antiphon.core.errors import NewerMessage, StoreUnavailable
from antiphon.core.names import ContactId, ConversationId, EffectKey, Moment, PackName, RunId, Tenant
from antiphon.core.passage import Passage
from antiphon.core.run import Accepted, Arrival, Claim
from antiphon.ports import Clock, CompletedTurn, ContactDetails, EffectQuery, Erasure, Promise
from antiphon.storage.codec import Row, effect_of, to_micros
from antiphon.storage.effect_pages import page_of, values_of
from antiphon.storage.effect_rows import promise_rows
from antiphon.storage.pack_versions import SqlPackVersions
from antiphon.storage.sqlite import contacts, effects, erasing, runs, text
from antiphon.storage.sqlite.runs import Lease
from antiphon.storage.sqlite.select import LISTING, fold_case, select
from antiphon.storage.sqlite.writer import Work
from antiphon.storage.views import TENANTS, WAITING, SqlViews

T = TypeVar("T")
Connect: TypeAlias = Callable[[], sqlite3.Connection]
Connecting: TypeAlias = Callable[[Path], sqlite3.Connection]  # to the file at a path

STORE_FILE = "antiphon.db"
_WAITING = WAITING.format(now=":now")
READERS = 2  # threads for reads; they see the last commit and never wait for the writer
BUSY_SECONDS = 5.0  # how long a reader waits for a checkpoint of the log


def connect(path: Path) -> sqlite3.Connection:
    """A connection as the store wants it: WAL, every commit flushed to disk, transactions by hand."""
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten, and not only forgotten
    return db


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that reads beside the writer of this process."""
    db = connect(path)
    db.execute("PRAGMA query_only = ON")
    fold_case(db)
    return db


class Readers:
    """A few threads with a connection each."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._closing = False
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """What a query gives, as of the last commit.

        Raises:
            StoreUnavailable: the file cannot be read, or the store is closed.
        """
        if self._closing:
            raise StoreUnavailable(reason="the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, query)

    def _run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        try:
            if db is None:
                db = self._local.db = self._connect()
                self._opened.append(db)
            return query(db)
        except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:  # the latter of a damaged file
            raise StoreUnavailable(reason=str(error)) from error

    def close(self) -> None:
        """Let go of the file. Blocks."""
        self._closing = True
        self._pool.shutdown()
        for db in self._opened:
            db.close()


class Writes(Protocol):
    """Who runs what changes the store: the writer thread, or somebody who refuses."""

    async def submit(self, work: Work[T]) -> T:
        """The result of `work`, once its transaction is durable."""
        ...

    def close(self) -> None:
        """Finish what was submitted. Blocks."""
        ...


class SqliteStores:
    """The store of a data folder. `tenant` hands out the view of one tenant."""

    def __init__(
        self,
        *,
        clock: Clock,
        lease_seconds: float,
        writer: Writes,
        readers: Readers,
        release: Callable[[], None] = lambda: None,
    ) -> None:
        """`release` is called last: it lets others have the folder."""
        self.clock = clock
        self.lease = timedelta(seconds=lease_seconds)
        self.writer = writer
        self.readers = readers
        self._release = release

    def tenant(self, name: Tenant = "default") -> "SqliteStore":
        """The view of one tenant: no query of it can reach another's rows."""
        return SqliteStore(self, name)

    async def tenants(self) -> list[Tenant]:
        """Whose data is here, in order."""
        return await self.readers.read(lambda db: select(db, lambda row: str(row[0]), TENANTS, {}))

    async def close(self) -> None:
        """Finish what was submitted, then let go of file and folder."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self.writer.close()
        self.readers.close()
        self._release()


class SqliteStore(SqlPackVersions, SqlViews):
    """`ports.Store` for one tenant. The SQL stands in the modules beside this one."""

    def __init__(self, stores: SqliteStores, tenant: Tenant) -> None:
        super().__init__(self._rows, LISTING)
        self._stores = stores
        self._write = stores.writer.submit
        self._read = stores.readers.read
        self._tenant = tenant

    async def _rows(self, of: Callable[[Row], T], query: str, /, **values: Any) -> list[T]:
        return await self._read(lambda db: select(db, of, query, {**values, "tenant": self._tenant}))

    async def _change(self, statement: str, /, **values: Any) -> None:
        bound = {**values, "tenant": self._tenant}
        await self._write(lambda db: select(db, lambda row: row, statement, bound))

    def _lease(self, owner: str) -> Lease:
        now = self._stores.clock.now()
        return Lease(owner=owner, now=to_micros(now), until=to_micros(now + self._stores.lease))

    # Runs

    async def accept(self, arrival: Arrival, *, claim_for: str | None = None) -> Accepted:
        lease = self._lease(claim_for) if claim_for else None
        return await self._write(lambda db: runs.accept(db, self._tenant, arrival, lease))

    async def claim(
        self, conversation_id: ConversationId, owner: str, *, merge: frozenset[PackName] = frozenset()
    ) -> Claim | None:
        lease = self._lease(owner)
        return await self._write(lambda db: runs.claim(db, self._tenant, conversation_id, lease, merge))

    async def commit(
        self,
        turn: CompletedTurn,
        *,
        keep_for: str | None = None,
        merge: frozenset[PackName] = frozenset(),
    ) -> Claim | None:
        lease = self._lease(keep_for) if keep_for else None
        done = await self._write(lambda db: runs.commit(db, self._tenant, turn, lease, merge))
        if done.abandoned:
            raise NewerMessage(conversation_id=turn.claim.conversation_id, claim=done.following)
        return done.following

    async def release(self, claim: Claim) -> None:
        await self._write(lambda db: runs.release(db, self._tenant, claim))

    async def renew(self, claims: Sequence[Claim]) -> None:
        until = self._lease("").until
        await self._write(lambda db: runs.renew(db, self._tenant, list(claims), until))

    async def waiting(self, limit: int) -> list[ConversationId]:
        now = to_micros(self._stores.clock.now())
        return await self._rows(lambda row: str(row["id"]), _WAITING, now=now, limit=limit)

    async def erase_run(self, erasure: Erasure) -> bool:
        return await self._write(lambda db: erasing.erase(db, self._tenant, erasure))

    async def next_number(self, counter: str) -> int:
        return await self._write(lambda db: runs.next_number(db, self._tenant, counter))

    # Effects

    async def claim_due(
        self, owner: str, now: Moment, limit: int, *, busy: frozenset[str] = frozenset()
    ) -> list[KeptEffect]:
        lease = self._lease(owner)
        due_at = to_micros(now)
        return await self._write(lambda db: effects.claim_due(db, self._tenant, due_at, lease, limit, busy))

    async def renew_effects(self, kept: Sequence[KeptEffect]) -> None:
        until = self._lease("").until
        await self._write(lambda db: effects.renew(db, self._tenant, kept, until))

    async def settle(self, effect: KeptEffect) -> None:
        await self._write(lambda db: effects.settle(db, self._tenant, effect))

    async def effects(self, query: EffectQuery) -> list[KeptEffect]:
        return await self._rows(effect_of, page_of(query), **values_of(query))

    async def replay(self, key: EffectKey, now: Moment, *, attempts: int) -> bool:
        at = to_micros(now)
        return await self._write(lambda db: effects.replay(db, self._tenant, key, at, attempts))

    async def cancel(self, key: EffectKey) -> bool:
        at = to_micros(self._stores.clock.now())
        return await self._write(lambda db: effects.cancel(db, self._tenant, key, at))

    async def promise(self, promises: tuple[Promise, ...], run_id: RunId = "") -> None:
        at, rows = to_micros(self._stores.clock.now()), promise_rows(promises, run_id)
        await self._write(lambda db: effects.promise(db, self._tenant, rows, at))

    # People

    async def save_contact(self, details: ContactDetails, contact_id: ContactId, at: Moment) -> ContactId:
        moment = to_micros(at)
        return await self._write(lambda db: contacts.save(db, self._tenant, details, contact_id, moment))

    # Text search

    async def index(self, pack: PackName, passages: Sequence[Passage]) -> None:
        changes = await self._read(lambda db: text.differences(db, self._tenant, pack, passages))
        for batch in changes.batches():
            await self._write(partial(text.write, tenant=self._tenant, pack=pack, changes=batch))

    async def search(self, pack: PackName, words: Sequence[str], limit: int) -> list[tuple[str, float]]:
        return await self._read(lambda db: text.search(db, self._tenant, pack, words, limit))

    # Itself

    async def check(self) -> None:
        def touch(db: sqlite3.Connection) -> Any:
            # A counter of its own: it writes, which a full disk or a read-only file would refuse.
            return runs.next_number(db, self._tenant, "health")

        await self._write(touch)

    async def close(self) -> None:
        await self._stores.close()
