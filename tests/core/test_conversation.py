"""The state of a conversation: a fold of its log, the same however it is cut, and of constant size."""

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.conversation import (
    RECENT_CHARS,
    RECENT_MESSAGES,
    Conversation,
    FormProgress,
    Utterance,
    apply,
    fold,
    from_facts,
    to_facts,
)
from antiphon.core.event import (
    ApprovalAsked,
    ChangeRecorded,
    Decided,
    Event,
    FormProgressed,
    FormSubmitted,
    HandedOff,
    KnowledgeConsulted,
    LeadCaptured,
    MessageReceived,
    MessageSent,
    TurnGivenUp,
    decode,
    encode,
    kind_of,
)
from tests.core.samples import logs

RUN = "run-1"


def _asks(slot: str | None, *, filled: dict[str, str] | None = None, refused: dict[str, str] | None = None) -> Event:
    return FormProgressed(
        run_id=RUN, form="signup", status="open", asking=slot, filled=filled or {}, refused=refused or {}
    )


def _ends(status: str, form: str = "signup", **filled: str) -> Event:
    return FormProgressed(run_id=RUN, form=form, status=status, filled=filled)  # type: ignore[arg-type]  # left or done


# Promise 6


@given(logs)
def test_a_stored_log_folds_to_the_same_state(log: list[Event]) -> None:
    stored = [(kind_of(event), encode(event)) for event in log]
    assert fold(decode(kind, payload) for kind, payload in stored) == fold(log)


@given(logs)
def test_a_snapshot_comes_back_as_it_was_stored(log: list[Event]) -> None:
    state = fold(log)
    assert from_facts(json.loads(json.dumps(to_facts(state)))) == state


@given(logs, st.integers(0, 30))
def test_going_on_from_a_snapshot_is_going_on_from_the_log(log: list[Event], cut: int) -> None:
    snapshot = from_facts(json.loads(json.dumps(to_facts(fold(log[:cut])))))
    assert fold(log[cut:], snapshot) == fold(log)


def test_an_empty_snapshot_is_a_conversation_that_has_not_begun() -> None:
    """Fields that came later take their defaults."""
    assert from_facts({}) == fold([]) == Conversation()


# Promise 10


@given(logs)
def test_what_a_turn_sees_does_not_grow_with_the_log(log: list[Event]) -> None:
    state = fold([*log, *log])
    assert len(state.recent) <= RECENT_MESSAGES
    assert all(len(said.text) <= RECENT_CHARS for said in state.recent)
    assert len(state.completed) <= 2  # as many as the samples have forms


def test_a_long_message_is_cut_and_counted() -> None:
    state = apply(Conversation(), MessageReceived(run_id=RUN, channel="chat", text="x" * (RECENT_CHARS + 1)))
    assert state.recent == (Utterance(role="user", text="x" * RECENT_CHARS),)
    assert state.messages == 1


def test_the_latest_messages_are_kept_in_order() -> None:
    said = [MessageReceived(run_id=RUN, channel="chat", text=str(number)) for number in range(RECENT_MESSAGES + 3)]
    state = fold(said)
    numbers = [int(utterance.text) for utterance in state.recent]
    assert all(after == before + 1 for before, after in pairwise(numbers))
    assert (numbers[0], numbers[-1], state.messages) == (3, RECENT_MESSAGES + 2, RECENT_MESSAGES + 3)


# What each event does


def test_a_message_makes_a_conversation_active() -> None:
    state = apply(Conversation(), MessageReceived(run_id=RUN, channel="chat", text="hi"))
    assert state == Conversation(
        status="active",
        messages=1,
        recent=(Utterance(role="user", text="hi"),),
        channels_used=("chat",),
        active_channel="chat",
    )


def test_a_reply_is_remembered() -> None:
    state = apply(Conversation(), MessageSent(run_id=RUN, channel="chat", text="hello"))
    assert (state.response, state.messages, state.status) == ("hello", 1, "pending")


def test_a_decision_sets_what_is_reported() -> None:
    decided = Decided(run_id=RUN, rule="falls_back", intent="faq", confidence=0.7, route=("faq",), why={}, versions={})
    state = apply(Conversation(), decided)
    assert (state.intent, state.confidence) == ("faq", 0.7)


def test_a_handoff_escalates() -> None:
    assert apply(Conversation(), HandedOff(run_id=RUN, reason="asked")).status == "escalated"


def test_a_lead_and_an_answer_are_remembered() -> None:
    state = fold(
        [
            LeadCaptured(run_id=RUN, lead_id="LEAD-00001", form="signup", values={}),
            KnowledgeConsulted(run_id=RUN, query="q", band="answer", passages=({"id": "faq/1"},)),
        ]
    )
    assert (state.lead_id, state.retrieved) == ("LEAD-00001", ({"id": "faq/1"},))


def test_what_is_only_for_the_record_changes_nothing() -> None:
    recorded: list[Event] = [
        ApprovalAsked(run_id=RUN, reason="money", draft="..."),
        ChangeRecorded(run_id=RUN, kind="event", value="order_shipped"),
        FormSubmitted(run_id=RUN, values={"name": "Ann"}),
        TurnGivenUp(run_id=RUN, reason="a defect"),
    ]
    assert fold(recorded) == Conversation()


# Forms


def test_a_form_collects_and_corrects() -> None:
    state = fold([_asks("email", filled={"name": "An"}), _asks("phone", filled={"email": "a@b.c", "name": "Ann"})])
    assert state.form == FormProgress(form="signup", asking="phone")
    assert state.collected == {"name": "Ann", "email": "a@b.c"}


def test_what_was_collected_stays_after_the_form_is_done() -> None:
    state = fold([_asks("email", filled={"name": "Ann"}), _ends("done", email="a@b.c")])
    assert (state.form, state.completed) == (None, ("signup",))
    assert state.collected == {"name": "Ann", "email": "a@b.c"}


def test_a_form_that_is_left_leaves_nothing() -> None:
    state = fold([_asks("email", filled={"name": "Ann"}), _ends("left")])
    assert (state.form, state.collected, state.completed) == (None, {}, ())


def test_a_form_begins_anew() -> None:
    state = fold([_asks("email", filled={"name": "Ann"}), _ends("done"), _asks("email")])
    assert state.collected == {}


def test_a_form_that_is_completed_again_is_named_once_and_last() -> None:
    state = fold([_ends("done"), _ends("done", "return"), _ends("done")])
    assert state.completed == ("return", "signup")


def test_refusals_count_in_a_row_for_the_slot_that_is_asked_for() -> None:
    refused = _asks("email", refused={"email": "no @"})
    counts = []
    state = Conversation()
    for event in (
        _asks("email"),
        refused,
        refused,
        _asks("email"),
        refused,
        _asks("phone"),
        _asks("phone", refused={"phone": "short"}),
    ):
        state = apply(state, event)
        assert state.form is not None
        counts.append(state.form.refusals)
    assert counts == [0, 1, 2, 0, 1, 0, 1]


def test_another_form_does_not_take_over_what_was_collected() -> None:
    """Though it opens while the one before is open."""
    other = FormProgressed(run_id=RUN, form="return", status="open", asking="order", filled={"reason": "broken"})
    state = fold([_asks("email", filled={"name": "Ann"}, refused={"email": "no @"}), other])
    assert state.form == FormProgress(form="return", asking="order")
    assert state.collected == {"reason": "broken"}
