"""Values for property tests: every event there is, filled with what JSON can hold."""

from typing import Any

from hypothesis import strategies as st

from antiphon.core.event import (
    ApprovalAsked,
    BindingBegun,
    BindingMigrated,
    BindingMoved,
    BusinessContextSet,
    ChangeRecorded,
    ConversationEscalated,
    ConversationResolved,
    Decided,
    Event,
    FormProgressed,
    FormSubmitted,
    HandedOff,
    KnowledgeConsulted,
    LeadCaptured,
    MessageReceived,
    MessageSent,
    OutreachSent,
    RunErased,
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
bindings = st.sampled_from(["b-1", "b-2", "b-3"])
processes = st.sampled_from(["payment", "order"])
states = st.sampled_from(["pending", "reminded", "closed"])

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
    BindingBegun: st.builds(
        BindingBegun,
        run_id=run_ids,
        binding_id=bindings,
        process_type=processes,
        version=texts,
        state=states,
        entity_id=st.none() | texts,
        entity_type=st.none() | texts,
        business_data=facts,
        is_terminal=st.booleans(),
    ),
    BindingMoved: st.builds(
        BindingMoved,
        run_id=run_ids,
        binding_id=bindings,
        process_type=processes,
        version=texts,
        from_state=states,
        to_state=states,
        trigger_type=st.sampled_from(["intent", "event", "timeout", "manual", "action"]),
        trigger_value=texts,
        transition=st.integers(0, 50),
        description=texts,
        conditions_met=st.lists(facts, max_size=3).map(tuple),
        actions=st.lists(texts, max_size=3).map(tuple),
        is_terminal=st.booleans(),
    ),
    BindingMigrated: st.builds(
        BindingMigrated,
        run_id=run_ids,
        binding_id=bindings,
        process_type=processes,
        from_version=texts,
        to_version=texts,
        from_state=states,
        to_state=states,
        is_terminal=st.booleans(),
    ),
    ConversationResolved: st.builds(
        ConversationResolved, run_id=run_ids, binding_id=bindings, reason=texts, summary=texts
    ),
    ConversationEscalated: st.builds(ConversationEscalated, run_id=run_ids, binding_id=bindings, reason=texts),
    OutreachSent: st.builds(
        OutreachSent,
        run_id=run_ids,
        followup_id=texts,
        channel=texts,
        template=st.none() | texts,
        attempt=st.integers(1, 9),
    ),
    BusinessContextSet: st.builds(BusinessContextSet, run_id=run_ids, data=facts),
    TurnGivenUp: st.builds(TurnGivenUp, run_id=run_ids, reason=texts),
    RunErased: st.builds(RunErased, run_id=run_ids),
}

events: st.SearchStrategy[Event] = st.one_of(*events_by_class.values())
logs: st.SearchStrategy[list[Event]] = st.lists(events, max_size=30)
