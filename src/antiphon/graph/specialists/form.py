"""The specialist that fills a form and captures what it holds as a lead."""

from dataclasses import dataclass

from antiphon.core import form as forms
from antiphon.core.conversation import Conversation
from antiphon.core.event import FormProgressed, LeadCaptured
from antiphon.core.lead import Lead, lead_id
from antiphon.core.names import Facts
from antiphon.core.pack import FormDef, SlotDef
from antiphon.core.step import Step
from antiphon.graph.state import ConversationState
from antiphon.ports import Numbers, Render

LEAD_COUNTER = "lead"
DOUBTED = "let's correct that"  # the reason to ask again for what was called wrong


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A form with its name, and what fills and speaks for it."""

    name: str
    definition: FormDef
    numbers: Numbers
    render: Render

    def say(self, reply: str, values: Facts, **facts: object) -> str:
        """A reply that sees the slots filled so far; those without a value are empty."""
        empty = {slot.name: "" for slot in self.definition.slots}
        return self.render(reply, {**empty, **values, **facts})


async def fill_form(state: ConversationState, *, name: str, form: Form) -> ConversationState:
    """Open, fill, correct, leave or complete a form, as the decision says."""
    decision, conversation = state["decision"], state["conversation"]
    submitted = decision.rule == "form_submitted"
    if decision.leaves:
        return _left(state, name, form)
    if conversation.form is None and not submitted and form.name in conversation.completed and form.definition.already:
        return _already(state, name, form)
    reading = decision.reading or forms.Reading()
    values = {**_so_far(conversation, form), **reading.filled}
    lacking = forms.missing(form.definition, values)
    if submitted and reading.refused:
        return _refused(state, name, reading)
    if lacking is None:
        return await _done(state, name, form, reading, values)
    return _ask(state, name, form, reading, values, _unclear(conversation, form, reading, values) or lacking)


def _unclear(conversation: Conversation, form: Form, reading: forms.Reading, values: Facts) -> SlotDef | None:
    """The slot that has to be asked for before the first that lacks a value."""
    asking = conversation.form.asking if conversation.form else None
    wanted = (
        slot
        for slot in form.definition.slots
        if slot.name == reading.doubted
        or (slot.name in reading.refused and (not values.get(slot.name) or slot.name == asking))
    )
    return next(wanted, None)


def _so_far(conversation: Conversation, form: Form) -> Facts:
    still_open = conversation.form is not None and conversation.form.form == form.name
    return conversation.collected if still_open else {}


def _left(state: ConversationState, name: str, form: Form) -> ConversationState:
    return {
        "drafts": [form.say(form.definition.left, state["conversation"].collected)],
        "route": state["route"][1:],
        "partial_lead": {},
        "events": [FormProgressed(run_id=state["run_id"], form=form.name, status="left")],
        "steps": [Step(node=name, agent=name, action="left_form")],
    }


def _already(state: ConversationState, name: str, form: Form) -> ConversationState:
    conversation = state["conversation"]
    reply = form.definition.already or form.definition.done
    return {
        "drafts": [form.say(reply, conversation.collected, lead_id=conversation.lead_id or "")],
        "route": state["route"][1:],
        "steps": [Step(node=name, agent=name, action="already_completed", output=conversation.lead_id or "")],
    }


def _refused(state: ConversationState, name: str, reading: forms.Reading) -> ConversationState:
    """A form handed in whole that cannot be accepted: nothing is kept of it."""
    return {
        "route": state["route"][1:],
        "status": "failed",
        "facts": [{"refused": reading.refused}],
        "steps": [Step(node=name, agent=name, action="refused", why={"slots": sorted(reading.refused)})],
    }


def _ask(
    state: ConversationState, name: str, form: Form, reading: forms.Reading, values: Facts, slot: SlotDef
) -> ConversationState:
    """Ask for a slot, or again when what was given for it could not be accepted."""
    reason = DOUBTED if slot.name == reading.doubted else reading.refused.get(slot.name, "")
    asks_again = bool(reason)
    progress = state["conversation"].form
    asked_before = progress is not None and progress.asking == slot.name
    reply = slot.again if asks_again else slot.ask
    suggested = forms.suggestion(slot, state["messages"]) or ""
    event = FormProgressed(
        run_id=state["run_id"],
        form=form.name,
        status="open",
        filled=reading.filled,
        refused=reading.refused,
        asking=slot.name,
    )
    return {
        "drafts": [form.say(reply, values, reason=reason, asked_before=asked_before, suggested=suggested)],
        "route": state["route"][1:],
        "partial_lead": values,
        "events": [event],
        "steps": [
            Step(
                node=name,
                agent=name,
                action="asked_again" if asks_again else "asked",
                output=slot.name,
                why={"filled": sorted(reading.filled), "refused": dict(reading.refused)},
            )
        ],
    }


async def _done(
    state: ConversationState, name: str, form: Form, reading: forms.Reading, values: Facts
) -> ConversationState:
    lead = Lead(id=lead_id(await form.numbers.next_number(LEAD_COUNTER)), form=form.name, values=values)
    run_id = state["run_id"]
    return {
        "drafts": [form.say(form.definition.done, values, lead_id=lead.id)],
        "route": state["route"][1:],
        "partial_lead": values,
        "leads": [lead],
        "facts": [{"lead_id": lead.id}],
        "events": [
            FormProgressed(run_id=run_id, form=form.name, status="done", filled=reading.filled),
            LeadCaptured(run_id=run_id, lead_id=lead.id, form=form.name, values=values),
        ],
        "steps": [Step(node=name, agent=name, action="captured_lead", output=lead.id)],
    }
