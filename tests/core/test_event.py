"""Events: every kind there is survives being stored."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.event import ChangeRecorded, Event, FormProgressed, as_facts, decode, encode, kind_of
from tests.core.samples import events, events_by_class

ALL_EVENTS: tuple[type[Any], ...] = Event.__args__


def test_the_samples_know_every_event() -> None:
    """Whoever adds an event adds a sample, and with it the properties below."""
    assert set(events_by_class) == set(ALL_EVENTS)


@pytest.mark.parametrize("cls", ALL_EVENTS, ids=lambda cls: cls.__name__)
@given(st.data())
def test_an_event_comes_back_as_it_was_stored(cls: type[Any], data: st.DataObject) -> None:
    event = data.draw(events_by_class[cls])
    found = decode(kind_of(event), encode(event))
    assert type(found) is cls
    assert found == event


@given(events)
def test_an_event_is_stored_as_the_same_bytes_every_time(event: Event) -> None:
    """The digest covers them."""
    stored = encode(event)
    assert encode(decode(kind_of(event), stored)) == stored


@given(events)
def test_an_event_can_be_shown_as_plain_values(event: Event) -> None:
    shown = as_facts(event)
    assert json.loads(json.dumps(shown)) == json.loads(encode(event))


@pytest.mark.parametrize("cls", ALL_EVENTS, ids=lambda cls: cls.__name__)
@given(st.data())
def test_a_kind_is_the_name_of_its_class_in_snake_case(cls: type[Any], data: st.DataObject) -> None:
    kind = kind_of(data.draw(events_by_class[cls]))
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", kind)
    assert "".join(word.capitalize() for word in kind.split("_")) == cls.__name__


def test_text_is_stored_readably() -> None:
    change = ChangeRecorded(run_id="r", kind="event", value="grün 🌻")
    assert encode(change) == '{"run_id":"r","kind":"event","value":"grün 🌻","data":{}}'.encode()


def test_fields_that_came_later_take_their_defaults() -> None:
    """A log that was written before them can still be read."""
    old = b'{"run_id":"r","form":"signup","status":"open"}'
    assert decode("form_progressed", old) == FormProgressed(run_id="r", form="signup", status="open")


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        decode("something_else", b"{}")
