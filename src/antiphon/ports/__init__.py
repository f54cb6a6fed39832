"""The Protocols between the use cases and the world. Each has a twin in `testing` and one contract suite.

A store is a view of one tenant. Times handed to it are aware and UTC.
"""

from antiphon.core.contact import ContactAddress, ContactDetails
from antiphon.core.follow_up import Closed, FollowUpStatus
from antiphon.ports.backend import Backend
from antiphon.ports.channel import Channel, Channels, Choice, Delivery, MessageTemplate, Outgoing, Policy
from antiphon.ports.lines import MISSED, Heard, Lines
from antiphon.ports.pack_versions import KeptMap, PackVersions
from antiphon.ports.processes import (
    BindingQuery,
    BindingRecord,
    Cancel,
    ContactRecord,
    Contacts,
    ConversationItem,
    ConversationQuery,
    FollowUpQuery,
    FollowUpRecord,
    MoveRecord,
    ProcessViews,
    Promise,
    Promises,
    Tally,
)
from antiphon.ports.shared import Answers, Command, Limiter, Link, Refused, Verdict
from antiphon.ports.signals import Frame, HotState, OnStep, Signals, Span, Trail, WakeUps
from antiphon.ports.store import CompletedTurn, EffectQuery, Effects, Erasure, Numbers, Runs, Store, TextSearch
from antiphon.ports.time import Clock, Ids
from antiphon.ports.understanding import Classifier, Drafter, Encoder, Knowledge, Model, ModelServer, OnCall, Scales
from antiphon.ports.views import ConversationRecord, Depths, LeadRecord, RunQuery, Said, StrayEvent, Views
from antiphon.ports.work import Performer, Performers, Render, Resuming, Sink, Turn, Work

__all__ = [
    "MISSED",
    "Answers",
    "Backend",
    "BindingQuery",
    "BindingRecord",
    "Cancel",
    "Channel",
    "Channels",
    "Choice",
    "Classifier",
    "Clock",
    "Closed",
    "Command",
    "CompletedTurn",
    "ContactAddress",
    "ContactDetails",
    "ContactRecord",
    "Contacts",
    "ConversationItem",
    "ConversationQuery",
    "ConversationRecord",
    "Delivery",
    "Depths",
    "Drafter",
    "EffectQuery",
    "Effects",
    "Encoder",
    "Erasure",
    "FollowUpQuery",
    "FollowUpRecord",
    "FollowUpStatus",
    "Frame",
    "Heard",
    "HotState",
    "Ids",
    "KeptMap",
    "Knowledge",
    "LeadRecord",
    "Limiter",
    "Lines",
    "Link",
    "MessageTemplate",
    "Model",
    "ModelServer",
    "MoveRecord",
    "Numbers",
    "OnCall",
    "OnStep",
    "Outgoing",
    "PackVersions",
    "Performer",
    "Performers",
    "Policy",
    "ProcessViews",
    "Promise",
    "Promises",
    "Refused",
    "Render",
    "Resuming",
    "RunQuery",
    "Runs",
    "Said",
    "Scales",
    "Signals",
    "Sink",
    "Span",
    "Store",
    "StrayEvent",
    "Tally",
    "TextSearch",
    "Trail",
    "Turn",
    "Verdict",
    "Views",
    "WakeUps",
    "Work",
]
