"""The node that decides: a call into `core`, nothing else."""

from antiphon.core.change import BINDING, ENTITY, EXTRA, OUTREACH_SENT, SENT, SPOKEN, Change
from antiphon.core.conversation import Conversation, fold
from antiphon.core.decide import decide
from antiphon.core.event import Decided, Event, MessageSent, OutreachSent, received
from antiphon.core.intent import Understanding
from antiphon.core.names import Facts, RunId
from antiphon.core.pack import PackDef
from antiphon.core.process.advance import Maps, advance_all
from antiphon.core.process.binding import Binding
from antiphon.core.process.context import Context
from antiphon.core.process.migration import migrated
from antiphon.core.process.reaction import Reaction, react, stayed
from antiphon.core.process.start import start
from antiphon.core.process.timer import trigger_of
from antiphon.core.process.trigger import Trigger
from antiphon.core.step import Step
from antiphon.graph.state import ConversationState


async def advance_process(state: ConversationState, *, pack: PackDef, maps: Maps, versions: Facts) -> ConversationState:
    """What the change comes to for the processes, and which specialists answer it; on record before anybody works.

    A change that is neither words nor a form is answered by nobody: its route is empty.
    """
    change, run_id = state["change"], state["run_id"]
    arrived = [*received(run_id, change), *_sent(run_id, change)]
    asks = pack.processes or change.kind not in SPOKEN
    reaction = _reaction(state, fold(arrived, state["conversation"]), pack, maps) if asks else Reaction()
    update: ConversationState = {
        "route": (),
        "events": [*arrived, *reaction.events],
        "effects": list(reaction.effects),
        "facts": [reaction.facts],
        "steps": list(reaction.steps),
    }
    return _routed(state, update, pack, versions) if change.kind in SPOKEN else update


def _reaction(state: ConversationState, now: Conversation, pack: PackDef, maps: Maps) -> Reaction:
    change, run_id = state["change"], state["run_id"]
    if change.kind == "begin":
        return start(change, pack.processes, now.bindings, run_id=run_id, now=state["at"])
    if change.kind == "migrate":
        return migrated(change, maps, now.bindings, run_id=run_id)
    if change.kind in SPOKEN and not now.bindings:
        return Reaction()
    trigger = _trigger(change, state["understanding"])
    if trigger is None:
        return Reaction(steps=(stayed("not understood", {"reason": "the change has no intent that is in scope"}),))
    bindings = _concerned(now.bindings, change)
    if not bindings:
        nobody = {"reason": "no open process is concerned", "trigger": f"{trigger.type}:{trigger.value}"}
        return Reaction(facts={"transitions": [], "action_results": []}, steps=(stayed("nothing open", nobody),))
    decided = advance_all(bindings, maps, trigger, _context(state, now).facts())
    return react(decided, run_id=run_id, now=state["at"], contact_id=state["contact_id"])


def _trigger(change: Change, understood: Understanding | None) -> Trigger | None:
    """What processes see of the change: of words, the intent that was understood (CV.24)."""
    if change.kind != "message":
        return trigger_of(change)
    return Trigger(type="intent", value=understood.intent) if understood and understood.in_scope else None


def _concerned(bindings: tuple[Binding, ...], change: Change) -> tuple[Binding, ...]:
    """The bindings that a change is about: all of them, unless it names what it is about (CV.25)."""
    if ENTITY in change.data:
        entity = tuple(change.data[ENTITY])
        return tuple(one for one in bindings if (one.entity_type, one.entity_id) == entity)
    if BINDING in change.data:
        return tuple(one for one in bindings if one.id == change.data[BINDING])
    return bindings


def _context(state: ConversationState, now: Conversation) -> Context:
    contact, extra = state.get("contact"), state["change"].data.get(EXTRA)
    return Context(
        business_context=now.business_context,
        conversation_status=now.status,
        attempt_count=now.attempt_count,
        message_count=now.messages,
        contact_name=contact.name if contact else None,
        contact_role=contact.role if contact else None,
        contact_organization=contact.organization if contact else None,
        extra_data=extra if isinstance(extra, dict) else {},
    )


def _sent(run_id: RunId, change: Change) -> tuple[Event, ...]:
    """What the log says of a message that we have sent without being asked (CV.27)."""
    sent = change.data.get(SENT)
    if change.kind != "action" or change.value != OUTREACH_SENT or not sent:
        return ()
    return (
        MessageSent(run_id=run_id, channel=sent["channel"], text=sent["text"]),
        OutreachSent(
            run_id=run_id,
            followup_id=sent["followup_id"],
            channel=sent["channel"],
            template=sent["template"],
            attempt=sent["attempt"],
        ),
    )


def _routed(state: ConversationState, update: ConversationState, pack: PackDef, versions: Facts) -> ConversationState:
    """With the specialists that work on the change, and by which rule."""
    decision = decide(pack, state["conversation"], state["change"], state["understanding"])
    why = {**decision.why, "not": list(decision.considered)}
    decided = Decided(
        run_id=state["run_id"],
        rule=decision.rule,
        intent=decision.intent,
        confidence=round(decision.confidence, 4),
        route=decision.route,
        why=why,
        versions=versions,
    )
    step = Step(
        node="advance_process",
        agent="orchestrator",
        action=decision.rule,
        output=" → ".join(decision.route),
        why=why,
    )
    events = update["events"]
    return {
        **update,
        "decision": decision,
        "intent": decision.intent,
        "confidence": decision.confidence,
        "route": decision.route,
        "events": [events[0], decided, *events[1:]],
        "steps": [step, *update["steps"]],
    }
