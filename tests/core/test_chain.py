"""The hash chain: whatever is changed afterwards is found, and erasing is no change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.chain import EVENT_KEY_BYTES, FIRST_HEAD, SealedEvent, seal, verify

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
KINDS = ("message_received", "decided", "message_sent")


def _log(*payloads: bytes) -> list[SealedEvent]:
    events: list[SealedEvent] = []
    for sequence, payload in enumerate(payloads, 1):
        head = events[-1].hash if events else FIRST_HEAD
        key = sequence.to_bytes(EVENT_KEY_BYTES)
        at = AT + timedelta(seconds=sequence)
        events.append(seal(head, sequence, KINDS[sequence % 3], at, payload, key))
    return events


def _flipped(value: bytes, place: int) -> bytes:
    """With one bit of one byte the other way round."""
    place %= len(value)
    return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]


logs = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6).map(lambda payloads: _log(*payloads))


def test_a_whole_log_holds() -> None:
    events = _log(b"a", b"b", b"c")
    assert verify(events, events[-1].hash) is None


def test_an_empty_log_holds() -> None:
    assert verify([], FIRST_HEAD) is None


def test_a_seal_is_the_same_every_time() -> None:
    """Known values: an implementation in another language can be held against them."""
    event = seal(FIRST_HEAD, 1, "message_received", AT, b'{"text":"hi"}', bytes(EVENT_KEY_BYTES))
    assert event.digest.hex() == "7544100253e1278775ab3efcc67732d6e78c7b4fc4042a49a53dff29408c1a9c"
    assert event.hash.hex() == "1d0b26554dc999b054383813b2bf17a6ddfc33c4eec18408ae9073446269d627"


def test_equal_payloads_have_different_digests_under_different_keys() -> None:
    """Nobody who knows what people usually say can find out who said it."""
    first, second = _log(b"yes", b"yes")
    assert first.digest != second.digest


@given(logs, st.integers(0), st.sampled_from(["payload", "key", "digest", "hash"]), st.integers(0))
def test_any_flipped_byte_is_found_where_it_is(events: list[SealedEvent], index: int, part: str, place: int) -> None:
    index %= len(events)
    head = events[-1].hash
    events[index] = replace(events[index], **{part: _flipped(getattr(events[index], part), place)})  # type: ignore[arg-type]  # all four are bytes
    broken = verify(events, head)
    assert broken is not None
    assert broken.sequence == index + 1


@given(logs, st.integers(0), st.sampled_from([{"kind": "decided_otherwise"}, {"at": AT - timedelta(days=1)}]))
def test_a_changed_kind_or_time_is_found(events: list[SealedEvent], index: int, change: dict[str, str]) -> None:
    index %= len(events)
    events[index] = replace(events[index], **change)  # type: ignore[arg-type]  # fields of that name
    broken = verify(events, events[-1].hash)
    assert broken is not None
    assert broken.sequence == index + 1


@given(logs, st.integers(0))
def test_a_removed_event_is_found(events: list[SealedEvent], index: int) -> None:
    head = events[-1].hash
    del events[index % len(events)]
    assert verify(events, head) is not None


@given(logs, st.integers(0), st.integers(0))
def test_events_that_changed_places_are_found(events: list[SealedEvent], one: int, other: int) -> None:
    one, other = one % len(events), other % len(events)
    head = events[-1].hash
    events[one], events[other] = events[other], events[one]
    assert (verify(events, head) is None) == (one == other)


def test_a_rewritten_end_is_found_by_the_remembered_head() -> None:
    """Whoever can seal anew can make a chain that holds in itself; the conversation remembers another head."""
    head = _log(b"a", b"b")[-1].hash
    broken = verify(_log(b"a", b"B"), head)
    assert broken is not None
    assert broken.reason == "the log ends elsewhere than the conversation remembers"


def test_an_event_put_in_between_is_found() -> None:
    first, second = _log(b"a", b"b")
    assert verify([first, first, second], second.hash) is not None


@given(logs, st.sets(st.integers(0, 5)))
def test_erasing_leaves_a_chain_that_holds(events: list[SealedEvent], erased: set[int]) -> None:
    head = events[-1].hash
    left = [replace(event, payload=None, key=None) if index in erased else event for index, event in enumerate(events)]
    assert verify(left, head) is None


@pytest.mark.parametrize("part", ["payload", "key"])
def test_half_an_erasure_is_found(part: str) -> None:
    events = _log(b"a", b"b")
    events[0] = replace(events[0], **{part: None})  # type: ignore[arg-type]  # either may be None
    broken = verify(events, events[-1].hash)
    assert broken is not None
    assert broken.sequence == 1


def test_an_erased_event_cannot_be_filled_with_something_else() -> None:
    event = _log(b"a")[0]
    erased = replace(event, payload=None, key=None)
    forged = replace(erased, payload=b"b", key=event.key)
    assert verify([forged], event.hash) is not None
