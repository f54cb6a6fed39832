"""What a conversation knows of the matter that it is about: status, channels, business context, outreaches (CV.31)."""

import json

import pytest
from hypothesis import given

from antiphon.core.conversation import (
    CHANNELS,
    CONTEXT_CHARS,
    SUMMARY_CHARS,
    Conversation,
    Status,
    apply,
    fold,
    from_facts,
    to_facts,
)
from antiphon.core.event import (
    BindingBegun,
    BusinessContextSet,
    ConversationEscalated,
    ConversationResolved,
    Event,
    HandedOff,
    MessageReceived,
    OutreachSent,
)
from tests.core.samples import logs

RUN = "run-1"
HI = MessageReceived(run_id=RUN, channel="chat", text="hi")
REMINDED = OutreachSent(run_id=RUN, followup_id="run-0:0", channel="email", template="reminder", attempt=1)
RESOLVED = ConversationResolved(run_id=RUN, binding_id="b", reason="it was paid")
ESCALATED = ConversationEscalated(run_id=RUN, binding_id="b", reason="nobody answers")
BEGUN = BindingBegun(run_id=RUN, binding_id="b", process_type="payment_collection", version="1", state="pending")


@pytest.mark.parametrize(
    ("log", "status"),
    [
        ([], "pending"),
        ([BEGUN], "pending"),
        ([HI], "active"),
        ([REMINDED], "waiting_response"),
        ([REMINDED, HI], "active"),
        ([HI, RESOLVED], "resolved"),
        ([HI, RESOLVED, HI], "active"),
        ([RESOLVED, REMINDED], "resolved"),  # word of thanks
        ([RESOLVED, BEGUN], "pending"),
        ([HI, RESOLVED, BEGUN], "active"),
        ([HI, ESCALATED], "escalated"),
        ([HI, ESCALATED, HI], "escalated"),  # a person stays in charge
        ([HI, HandedOff(run_id=RUN, reason="asked"), HI, REMINDED, BEGUN], "escalated"),
        ([HI, ESCALATED, RESOLVED], "resolved"),
    ],
)
def test_each_event_leaves_a_conversation_in_a_status(log: list[Event], status: Status) -> None:
    assert fold(log).status == status


def test_cv_27_an_outreach_is_counted_and_named() -> None:
    state = fold([REMINDED, REMINDED])
    assert (state.attempt_count, state.followup_id) == (2, "run-0:0")
    assert fold([HI], state).attempt_count == 2
    assert fold([RESOLVED, BEGUN], state).attempt_count == 0, "what was tried was of the matter before"


def test_cv_32_the_channels_of_both_sides_are_one_conversation() -> None:
    state = fold([HI, REMINDED, HI])
    assert (state.channels_used, state.active_channel) == (("chat", "email"), "chat")


def test_no_number_of_channels_makes_a_state_grow() -> None:
    state = fold([MessageReceived(run_id=RUN, channel=f"c{number}", text="hi") for number in range(CHANNELS + 5)])
    assert len(state.channels_used) == CHANNELS
    assert state.channels_used[-1] == state.active_channel == f"c{CHANNELS + 4}"


def test_a_business_context_is_told_in_parts() -> None:
    told = [BusinessContextSet(run_id=RUN, data={"id": "INV-1", "amount": 100, "due": "monday"})]
    state = fold([*told, BusinessContextSet(run_id=RUN, data={"amount": 50})])
    assert state.business_context == {"id": "INV-1", "amount": 50, "due": "monday"}


def test_a_business_context_forgets_what_was_set_longest_ago() -> None:
    half = "x" * (CONTEXT_CHARS // 2)
    state = fold([BusinessContextSet(run_id=RUN, data={name: half}) for name in ("a", "b", "c")])
    assert list(state.business_context) == ["c"]
    assert fold([BusinessContextSet(run_id=RUN, data={"all": half * 3})], state).business_context == {}


def test_a_resolved_conversation_has_a_summary() -> None:
    assert apply(Conversation(), RESOLVED).summary == "it was paid"
    told = ConversationResolved(run_id=RUN, binding_id="b", reason="r", summary="s" * (SUMMARY_CHARS + 1))
    assert apply(Conversation(), told).summary == "s" * SUMMARY_CHARS


@given(logs)
def test_the_matter_does_not_grow_with_the_log(log: list[Event]) -> None:
    state = fold([*log, *log])
    assert len(state.channels_used) <= CHANNELS
    assert len(json.dumps(dict(state.business_context), ensure_ascii=False)) <= CONTEXT_CHARS
    assert len(state.summary) <= SUMMARY_CHARS


def test_a_snapshot_of_the_version_before_is_read() -> None:
    facts = {name: value for name, value in to_facts(fold([HI])).items() if name not in _CAME_LATER}
    assert from_facts(facts) == Conversation(status="active", messages=1, recent=fold([HI]).recent)


_CAME_LATER = {"channels_used", "active_channel", "business_context", "summary", "attempt_count", "followup_id"}
