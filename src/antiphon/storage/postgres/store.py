"""The store on PostgreSQL: one database, any number of processes."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

from asyncpg.exceptions import UniqueViolationError

from antiphon.core.effect import KeptEffect
from antiphon.core.errors import LeaseLost, NewerMessage, StoreUnavailable
from antiphon.core.names import ContactId, ConversationId, EffectKey, Moment, PackName, RunId, Tenant
from antiphon.core.passage import Passage
from antiphon.core.run import Accepted, Arrival, Claim
from antiphon.ports import Clock, CompletedTurn, ContactDetails, EffectQuery, Erasure, Promise
from antiphon.storage import views
from antiphon.storage.codec import Row, effect_of, to_micros
from antiphon.storage.effect_pages import page_of, values_of
from antiphon.storage.effect_rows import promise_rows
from antiphon.storage.listing import Dialect, either_case
from antiphon.storage.pack_versions import SqlPackVersions
from antiphon.storage.postgres import contacts, effects, runs, text
from antiphon.storage.postgres.connections import Connections
from antiphon.storage.postgres.runs import Committed, Known, Lease

T = TypeVar("T")

_MICROSECOND = timedelta(microseconds=1)
_WAITING = views.WAITING.format(now="coalesce(:now, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)")

_LISTING = Dialect(
    searched=("said.value", "sent.sender_name", "sent.sender_email", "sent.subject"),
    within=(
        "EXISTS (SELECT FROM json_to_record(change::json) AS said (value text, data json)"
        " LEFT JOIN json_to_record(said.data) AS sent (sender_name text, sender_email text, subject text) ON true"
        " WHERE {})"
    ),
    # OFFSET 0: otherwise the planner, who cannot know how many hold a text, sorts all runs that do.
    ordered="(SELECT * FROM {} OFFSET 0) AS runs",
    matches="{} ~ :pattern",
    pattern=either_case,
)


class PostgresStores:
    """The store of a database. `tenant` hands out the view of one tenant."""

    def __init__(self, *, connections: Connections, clock: Clock | None, lease_seconds: float) -> None:
        """Without a clock, leases are on the database's, which all processes share."""
        self.connections = connections
        self.lease = timedelta(seconds=lease_seconds)
        self._clock = clock

    def now(self) -> int | None:
        """Microseconds since 1970; None where the database's clock counts."""
        return to_micros(self._clock.now()) if self._clock else None

    def tenant(self, name: Tenant = "default") -> "PostgresStore":
        """The view of one tenant: no query of it can reach another's rows."""
        return PostgresStore(self, name)

    async def tenants(self) -> list[Tenant]:
        """Whose data is here, in order."""
        return [row["tenant"] for row in await self.connections.rows(views.TENANTS)]

    async def close(self) -> None:
        """Finish what was begun, then let go of the database."""
        await self.connections.close()


class PostgresStore(SqlPackVersions, views.SqlViews):
    """`ports.Store` for one tenant. The SQL stands in the modules beside this one."""

    def __init__(self, stores: PostgresStores, tenant: Tenant) -> None:
        super().__init__(self._rows, _LISTING)
        self._stores = stores
        self._db = stores.connections
        self._tenant = tenant

    async def _rows(self, of: Callable[[Row], T], query: str, /, **values: Any) -> list[T]:
        statement, names = _numbered(query)
        found = await self._db.rows(statement, *({**values, "tenant": self._tenant}[name] for name in names))
        return [of(row) for row in found]

    async def _change(self, statement: str, /, **values: Any) -> None:
        await self._rows(lambda row: row, statement, **values)

    def _lease(self, owner: str | None) -> Lease:
        return Lease(owner=owner, now=self._stores.now(), seconds=self._stores.lease // _MICROSECOND)

    # Runs

    async def accept(self, arrival: Arrival, *, claim_for: str | None = None) -> Accepted:
        """See `ports.Runs`."""
        lease = self._lease(claim_for)
        try:
            accepted = await runs.accept(self._db, self._tenant, arrival, lease)
        except StoreUnavailable as error:
            if not error.in_doubt:
                raise
            accepted = await self._accept_again(arrival, lease)
        if isinstance(accepted, Known):
            return await self._known(arrival, accepted, claim_for)
        return accepted

    async def _accept_again(self, arrival: Arrival, lease: Lease) -> Accepted | Known:
        """After the connection was lost before the answer came: either it was stored, or it is now."""
        try:
            return await runs.accept(self._db, self._tenant, arrival, lease)
        except UniqueViolationError:
            return Known(run_id=arrival.run_id)  # a second run of this name: the first try was stored

    async def _known(self, arrival: Arrival, known: Known, owner: str | None) -> Accepted:
        run = await self.run(known.run_id)
        if run is None:
            raise StoreUnavailable(reason="a run was erased while it was asked for", in_doubt=False)
        if run.id != arrival.run_id:
            return Accepted(run=run, replay=True)
        following = await self._claim_again(run.conversation_id, owner) if owner and run.status == "running" else None
        return Accepted(run=following.run if following else run, claim=following)

    async def claim(
        self, conversation_id: ConversationId, owner: str, *, merge: frozenset[PackName] = frozenset()
    ) -> Claim | None:
        """See `ports.Runs`."""
        return await runs.claim(self._db, self._tenant, conversation_id, self._lease(owner), merge)

    async def _claim_again(
        self, conversation_id: ConversationId, owner: str, merge: frozenset[PackName] = frozenset()
    ) -> Claim | None:
        """A claim that this owner may have got without being told."""
        await runs.void(self._db, self._tenant, conversation_id, owner)
        return await self.claim(conversation_id, owner, merge=merge)

    async def commit(
        self,
        turn: CompletedTurn,
        *,
        keep_for: str | None = None,
        merge: frozenset[PackName] = frozenset(),
    ) -> Claim | None:
        """See `ports.Runs`."""
        lease = self._lease(keep_for)
        try:
            done = await runs.commit(self._db, self._tenant, turn, lease, merge)
        except StoreUnavailable as error:
            if not error.in_doubt:
                raise
            done = await self._commit_again(turn, lease, merge)
        if done.abandoned:
            raise NewerMessage(conversation_id=turn.claim.conversation_id, claim=done.following)
        return done.following

    async def _commit_again(self, turn: CompletedTurn, lease: Lease, merge: frozenset[PackName]) -> Committed:
        """After the connection was lost before the answer came: either it was stored, or it is now."""
        try:
            return await runs.commit(self._db, self._tenant, turn, lease, merge)
        except LeaseLost:
            if not await runs.stored(self._db, self._tenant, turn.claim.conversation_id, turn.events):
                raise
        if lease.owner is None:
            return Committed()
        return Committed(following=await self._claim_again(turn.claim.conversation_id, lease.owner, merge))

    async def release(self, claim: Claim) -> None:
        """See `ports.Runs`."""
        await runs.release(self._db, self._tenant, claim)

    async def renew(self, claims: Sequence[Claim]) -> None:
        """See `ports.Runs`."""
        await runs.renew(self._db, self._tenant, claims, self._lease(None))

    async def waiting(self, limit: int) -> list[ConversationId]:
        """See `ports.Runs`."""
        return await self._rows(lambda row: str(row["id"]), _WAITING, now=self._stores.now(), limit=limit)

    async def erase_run(self, erasure: Erasure) -> bool:
        """See `ports.Runs`."""
        try:
            return await runs.erase(self._db, self._tenant, erasure)
        except StoreUnavailable as error:
            if not error.in_doubt:
                raise
        # The connection was lost before the answer came: either it was done, or it is now.
        again = await runs.erase(self._db, self._tenant, erasure)
        return again or await runs.stored(self._db, self._tenant, erasure.conversation_id, erasure.tombstones[-1:])

    async def next_number(self, counter: str) -> int:
        """See `ports.Numbers`."""
        return await runs.next_number(self._db, self._tenant, counter)

    # Effects

    async def claim_due(
        self, owner: str, now: Moment, limit: int, *, busy: frozenset[str] = frozenset()
    ) -> list[KeptEffect]:
        """See `ports.Effects`."""
        return await effects.claim_due(self._db, self._tenant, to_micros(now), self._lease(owner), limit, busy)

    async def renew_effects(self, kept: Sequence[KeptEffect]) -> None:
        """See `ports.Effects`."""
        await effects.renew(self._db, self._tenant, kept, self._lease(None))

    async def settle(self, effect: KeptEffect) -> None:
        """See `ports.Effects`."""
        await effects.settle(self._db, self._tenant, effect)

    async def effects(self, query: EffectQuery) -> list[KeptEffect]:
        """See `ports.Effects`."""
        return await self._rows(effect_of, page_of(query), **values_of(query))

    async def replay(self, key: EffectKey, now: Moment, *, attempts: int) -> bool:
        """See `ports.Effects`."""
        return await effects.replay(self._db, self._tenant, key, to_micros(now), attempts)

    async def cancel(self, key: EffectKey) -> bool:
        """See `ports.Effects`."""
        return await effects.cancel(self._db, self._tenant, key, self._stores.now())

    async def promise(self, promises: tuple[Promise, ...], run_id: RunId = "") -> None:
        """See `ports.Promises`."""
        await effects.promise(self._db, self._tenant, promise_rows(promises, run_id), self._stores.now())

    # People

    async def save_contact(self, details: ContactDetails, contact_id: ContactId, at: Moment) -> ContactId:
        """See `ports.Contacts`."""
        return await contacts.save(self._db, self._tenant, details, contact_id, to_micros(at))

    # Text search

    async def index(self, pack: PackName, passages: Sequence[Passage]) -> None:
        """See `ports.TextSearch`."""
        await text.index(self._db, self._tenant, pack, passages)

    async def search(self, pack: PackName, words: Sequence[str], limit: int) -> list[tuple[str, float]]:
        """See `ports.TextSearch`."""
        return await text.search(self._db, self._tenant, pack, words, limit)

    # Itself

    async def check(self) -> None:
        """See `ports.Store`."""
        await self.next_number("health")  # it writes, which a full disk or a standby would refuse

    async def close(self) -> None:
        """See `ports.Store`."""
        await self._stores.close()


@cache
def _numbered(query: str) -> tuple[str, tuple[str, ...]]:
    """A query with its named values as $1, $2 and so on, and the names in that order. A `::` is a cast."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return re.sub(r"(?<!:):([a-z_]+)", number, query), tuple(names)
