"""The state of the turn graph: what the nodes of one turn share. It lives for that turn only."""

from operator import add
from typing import Annotated, TypedDict

from antiphon.core.change import Change
from antiphon.core.conversation import Conversation, Utterance
from antiphon.core.decide import Decision
from antiphon.core.effect import Effect
from antiphon.core.event import Event
from antiphon.core.gate import Judgement
from antiphon.core.intent import Understanding
from antiphon.core.lead import Lead
from antiphon.core.names import ContactId, Facts, Moment, RunId
from antiphon.core.passage import Found
from antiphon.core.run import RunStatus
from antiphon.core.scale import Grades
from antiphon.core.step import Step
from antiphon.ports import ContactDetails


class ConversationState(TypedDict, total=False):
    """What nodes read, and what they return parts of. Lists marked with `add` are appended to."""

    # what the turn begins with
    run_id: RunId
    change: Change
    conversation: Conversation  # as it was before this turn
    contact_id: ContactId
    contact: ContactDetails | None  # who they are, where a process asks
    at: Moment  # when the turn is worked; delays count from here
    messages: Annotated[list[Utterance], add]  # the latest ones, and what this turn adds

    # what it finds out
    gist: str  # what the message is about; the message itself unless it is a letter
    understanding: Understanding | None
    intent: str  # as callers see it
    confidence: float
    decision: Decision
    route: tuple[str, ...]  # specialists that are still to work
    retrieved_knowledge: tuple[Found, ...]
    partial_lead: Facts  # slots of the form that is open
    drafts: Annotated[list[str], add]  # what the specialists want to say, in order
    grades: Grades  # what the scales that were asked say of the message
    judgement: Judgement

    # what it proposes
    response: str
    status: RunStatus
    facts: Annotated[list[Facts], add]  # what the caller is told beside the reply
    events: Annotated[list[Event], add]
    effects: Annotated[list[Effect], add]
    leads: Annotated[list[Lead], add]
    steps: Annotated[list[Step], add]
