# ruff: noqa: S608  # the conditions and columns in the statements are this file's own
"""`antiphon audit verify`: whatever is changed behind the store's back is found and named."""

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.cli.command import Ran, antiphon
from tests.cli.stores import EVENTS_A_TURN, TALKERS, StoreFile

COLUMNS = ("tenant", "conversation_id", "sequence", "kind", "at", "payload", "key", "digest", "hash")
AT = "WHERE tenant = 'default' AND conversation_id = ? AND sequence = ?"
ALL = [(address, sequence + 1) for address, turns in TALKERS.items() for sequence in range(turns * EVENTS_A_TURN)]

# The store is made once and copied for each example, so it does not matter that a fixture outlives one.
damages = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


def verify(store: StoreFile) -> Ran:
    return antiphon("audit", "verify", "--data", store.folder)


def first_named(ran: Ran) -> tuple[str, int]:
    """Conversation and sequence of the first line that names a broken event."""
    named = re.search(r"BROKEN conversation (\S+?)(?: of tenant .*?)?, event (-?\d+)", ran.err)
    assert named, (ran.out, ran.err)
    return named[1], int(named[2])


def test_a_whole_store_is_counted(whole: StoreFile) -> None:
    ran = verify(whole)
    assert (ran.status, ran.err.strip()) == (0, "")
    events = sum(TALKERS.values()) * EVENTS_A_TURN + 2
    assert f"{len(TALKERS)} conversations with {events} events: every chain holds." in ran.out
    assert f"{len(TALKERS)} snapshots are what their events make." in ran.out


@damages
@given(
    event=st.sampled_from(ALL), column=st.sampled_from(COLUMNS), place=st.integers(0, 2000), mask=st.integers(1, 255)
)
def test_a_flipped_byte_of_an_event_is_named(
    whole: StoreFile, tmp_path: Path, event: tuple[str, int], column: str, place: int, mask: int
) -> None:
    store = whole.copied(tmp_path / "data")
    conversation, sequence = store.conversation_of(event[0]), event[1]
    ((kind, value),) = store.rows(f"SELECT typeof({column}), {column} FROM events {AT}", conversation, sequence)
    data = bytearray(value.to_bytes(8, signed=True) if kind == "integer" else str(value).encode())
    if kind == "blob":
        data = bytearray(value)
    data[place % len(data)] ^= mask
    flipped: Any = int.from_bytes(data, signed=True) if kind == "integer" else bytes(data)
    cast = "CAST(? AS TEXT)" if kind == "text" else "?"
    try:
        store.change((f"UPDATE events SET {column} = {cast} {AT}", (flipped, conversation, sequence)))
    except sqlite3.IntegrityError:
        assume(False)  # another event stands there
    ran = verify(store)
    assert ran.status == 1
    assert (conversation, sequence) in [
        (name, int(at)) for name, at in re.findall(r"ation (\S+), event (-?\d+)", ran.err)
    ]


@damages
@given(address=st.sampled_from(sorted(TALKERS)), place=st.integers(0, 31), mask=st.integers(1, 255))
def test_a_flipped_byte_of_a_head_is_named(
    whole: StoreFile, tmp_path: Path, address: str, place: int, mask: int
) -> None:
    store = whole.copied(tmp_path / "data")
    conversation = store.conversation_of(address)
    ((head, last),) = store.rows("SELECT head, sequence FROM conversations WHERE id = ?", conversation)
    flipped = bytearray(head)
    flipped[place] ^= mask
    store.change(("UPDATE conversations SET head = ? WHERE id = ?", (bytes(flipped), conversation)))
    ran = verify(store)
    assert (ran.status, first_named(ran)) == (1, (conversation, last))
    assert "ends elsewhere" in ran.err


@damages
@given(data=st.data(), mask=st.integers(1, 255))
def test_a_flipped_byte_in_the_file_is_found(whole: StoreFile, tmp_path: Path, data: st.DataObject, mask: int) -> None:
    """The bytes of every value that the chain covers, where they lie on disk."""
    store = whole.copied(tmp_path / "data")
    column = data.draw(st.sampled_from(["payload", "key", "digest", "hash"]))
    values = [bytes(value) for (value,) in store.rows(f"SELECT {column} FROM events ORDER BY hash")]
    value = data.draw(st.sampled_from(values))
    place = data.draw(st.integers(0, len(value) - 1))

    def damage(file: bytearray) -> None:
        at = file.find(value)
        assert at > 0
        file[at + place] ^= mask

    store.with_bytes(damage)
    ran = verify(store)
    assert ran.status == 1
    assert "BROKEN conversation" in ran.err


@damages
@given(place=st.integers(0), mask=st.integers(1, 255))
def test_whatever_is_flipped_in_the_file_it_ends_with_a_verdict(
    whole: StoreFile, tmp_path: Path, place: int, mask: int
) -> None:
    store = whole.copied(tmp_path / "data")

    def damage(file: bytearray) -> None:
        file[place % len(file)] ^= mask

    store.with_bytes(damage)
    ran = verify(store)
    assert (ran.status == 0) == ("every chain holds" in ran.out)
    assert ran.status == 0 or ran.err


@pytest.mark.parametrize(("address", "sequence"), [("ann", 1), ("ann", 7), ("ann", 18), ("bob", 4)])
def test_a_deleted_event_is_named(store: StoreFile, address: str, sequence: int) -> None:
    conversation = store.conversation_of(address)
    store.change((f"DELETE FROM events {AT}", (conversation, sequence)))
    ran = verify(store)
    assert (ran.status, first_named(ran)) == (1, (conversation, sequence))
    assert f"event {sequence} is missing" in ran.err


def test_events_that_changed_places_are_named_at_the_first(store: StoreFile) -> None:
    conversation = store.conversation_of("ann")
    move = f"UPDATE events SET sequence = ? {AT}"
    store.change((move, (99, conversation, 3)), (move, (3, conversation, 6)), (move, (6, conversation, 99)))
    assert first_named(verify(store)) == (conversation, 3)


@pytest.mark.parametrize(
    ("conversation", "sequence", "named"),
    [("ann", 19, 19), ("ann", 0, 0), ("ann", -7, -7), ("nobody", 1, 1)],
)
def test_an_inserted_event_is_named(store: StoreFile, conversation: str, sequence: int, named: int) -> None:
    ann = store.conversation_of("ann")
    of = ann if conversation == "ann" else conversation
    row = f"SELECT tenant, ?, ?, kind, at, payload, key, digest, hash FROM events {AT}"
    store.change((f"INSERT INTO events {row}", (of, sequence, ann, 18)))
    ran = verify(store)
    assert (ran.status, first_named(ran)) == (1, (of, named))


def test_an_event_put_in_between_is_named(store: StoreFile) -> None:
    conversation = store.conversation_of("ann")
    later = [(f"UPDATE events SET sequence = ? {AT}", (place + 1, conversation, place)) for place in range(18, 4, -1)]
    copy = "INSERT INTO events SELECT tenant, conversation_id, 5, kind, at, payload, key, digest, hash FROM events "
    store.change(*later, (f"{copy} {AT}", (conversation, 1)))
    assert first_named(verify(store)) == (conversation, 5)


def test_an_event_of_a_tenant_that_nobody_knows_is_named(store: StoreFile) -> None:
    row = (
        "SELECT 'else', conversation_id, sequence, kind, at, payload, key, digest, hash FROM events WHERE sequence = 1"
    )
    store.change((f"INSERT INTO events {row} LIMIT 1", ()))
    ran = verify(store)
    assert ran.status == 1
    assert "of tenant else, event 1" in ran.err


def test_a_snapshot_that_its_events_do_not_make_is_named(store: StoreFile) -> None:
    conversation = store.conversation_of("bob")
    change = "UPDATE conversations SET state = replace(state, '\"messages\":2', '\"messages\":3') WHERE id = ?"
    store.change((change, (conversation,)))
    ran = verify(store)
    assert (ran.status, first_named(ran)) == (1, (conversation, 4))
    assert "the stored snapshot is not what they make" in ran.err


@pytest.mark.parametrize("state", ["{", '{"mood": "good"}', "[]", b"\xff"])
def test_a_snapshot_that_is_none_is_named(store: StoreFile, state: str | bytes) -> None:
    conversation = store.conversation_of("bob")
    store.change(("UPDATE conversations SET state = ? WHERE id = ?", (state, conversation)))
    ran = verify(store)
    assert ran.status == 1
    assert conversation in ran.err


def test_every_broken_conversation_is_named(store: StoreFile) -> None:
    for address in ("ann", "cleo"):
        store.change((f"DELETE FROM events {AT}", (store.conversation_of(address), 2)))
    ran = verify(store)
    assert ran.err.count("BROKEN") == 2
    assert "2 of 3 conversations are broken." in ran.err


def test_erased_events_still_verify_and_are_counted(store: StoreFile) -> None:
    conversation = store.conversation_of("ann")
    store.change((f"UPDATE events SET payload = NULL, key = NULL {AT}", (conversation, 5)))
    ran = verify(store)
    assert ran.status == 0
    assert "2 snapshots are what their events make." in ran.out
    assert "1 events were erased; 1 snapshots cannot be compared for that." in ran.out


def test_half_an_erasure_is_named(store: StoreFile) -> None:
    conversation = store.conversation_of("ann")
    store.change((f"UPDATE events SET key = NULL {AT}", (conversation, 5)))
    assert first_named(verify(store)) == (conversation, 5)


@pytest.mark.parametrize("column", ["kind", "at", "payload", "key", "digest", "hash"])
def test_a_value_of_another_kind_is_named(store: StoreFile, column: str) -> None:
    conversation = store.conversation_of("ann")
    other: Any = b"\x01" if column in ("kind", "at") else "text"
    store.change((f"UPDATE events SET {column} = ? {AT}", (other, conversation, 6)))
    assert first_named(verify(store)) == (conversation, 6)


def test_a_folder_without_a_store_says_so(tmp_path: Path) -> None:
    ran = antiphon("audit", "verify", "--data", tmp_path)
    assert ran.status == 1
    assert f"There is no store in {tmp_path}" in ran.err
    assert list(tmp_path.iterdir()) == []
