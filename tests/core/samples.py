"""Values for property tests: every event there is, filled with what JSON can hold."""

from typing import Any

from hypothesis import strategies as st

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
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)  # a lone surrogate is no text
scalars = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | texts
json_values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
facts = st.dictionaries(texts, json_values, max_size=3)
run_ids = st.uuids(version=4).map(str)
shares = st.floats(0, 1)
slots = st.sampled_from(["name", "email", "phone"])
forms = st.sampled_from(["signup", "return"])

events_by_class: dict[type[Any], st.SearchStrategy[Any]] = {
    MessageReceived: st.builds(MessageReceived, run_id=run_ids, channel=texts, text=texts),
    FormSubmitted: st.builds(FormSubmitted, run_id=run_ids, values=facts),
    ChangeRecorded: st.builds(ChangeRecorded, run_id=run_ids, kind=texts, value=texts, data=facts),
    Decided: st.builds(
        Decided,
        run_id=run_ids,
        rule=texts,
        intent=texts,
        confidence=shares,
        route=st.lists(texts, max_size=3).map(tuple),
        why=facts,
        versions=facts,
    ),
    FormProgressed: st.builds(
        FormProgressed,
        run_id=run_ids,
        form=forms,
        status=st.sampled_from(["open", "left", "done"]),
        filled=st.dictionaries(slots, texts),
        refused=st.dictionaries(slots, texts),
        asking=st.none() | slots,
    ),
    LeadCaptured: st.builds(LeadCaptured, run_id=run_ids, lead_id=texts, form=forms, values=facts),
    KnowledgeConsulted: st.builds(
        KnowledgeConsulted,
        run_id=run_ids,
        query=texts,
        band=st.sampled_from(["answer", "did_you_mean", "dont_know"]),
        passages=st.lists(facts, max_size=3).map(tuple),
    ),
    MessageSent: st.builds(MessageSent, run_id=run_ids, channel=texts, text=texts),
    HandedOff: st.builds(HandedOff, run_id=run_ids, reason=texts),
    ApprovalAsked: st.builds(ApprovalAsked, run_id=run_ids, reason=texts, draft=texts),
    TurnGivenUp: st.builds(TurnGivenUp, run_id=run_ids, reason=texts),
}

events: st.SearchStrategy[Event] = st.one_of(*events_by_class.values())
logs: st.SearchStrategy[list[Event]] = st.lists(events, max_size=30)
