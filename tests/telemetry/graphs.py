"""A small pack, and its turn graph on twins."""

from collections.abc import Mapping
from typing import Any

from antiphon.core.change import Change
from antiphon.core.conversation import Conversation
from antiphon.core.names import RunId
from antiphon.core.pack import PackDef
from antiphon.core.run import Claim, Run
from antiphon.graph.build import TurnGraph, build_turn_graph
from antiphon.ports import OnStep, Render, Span, Turn
from antiphon.testing import FixedKnowledge, FixedScales, MemoryStores, ScriptedClassifier, SettableClock, understood

CLOCK = SettableClock()
PACK = PackDef.model_validate(
    {
        "name": "shop",
        "title": "Shop",
        "version": "1",
        "intents": [
            {"name": "greeting", "examples": ["hi", "hello", "hey"], "specialist": "greeter"},
            {"name": "leaving", "examples": ["bye", "so long", "farewell"], "specialist": "greeter"},
        ],
        "fallback": "greeter",
        "fallback_intent": "greeting",
        "specialists": {"greeter": {"kind": "say", "reply": "hello"}},
        "replies": {"hello": "Hello!"},
    }
)


def said(reply: str, facts: Mapping[str, Any]) -> str:
    """The reply is its name."""
    return reply


def graph(*, on_step: OnStep | None = None, span: Span | None = None, render: Render = said) -> TurnGraph:
    """The turn graph of the pack."""

    return build_turn_graph(
        PACK,
        classifier=ScriptedClassifier({}, default=understood("greeting", 1.0)),
        scales=FixedScales({}),
        knowledge=FixedKnowledge({}),
        numbers=MemoryStores(clock=CLOCK).tenant(),
        render=render,
        versions={},
        on_step=on_step,
        span=span,
    )


def turn(*run_ids: RunId) -> Turn:
    """A turn of these runs, each of which says hello."""
    runs = tuple(
        Run(
            id=run_id,
            conversation_id="c1",
            position=place,
            pack=PACK.name,
            change=Change(kind="message", value="hello"),
            status="running",
            attempts=1,
            created_at=CLOCK.now(),
        )
        for place, run_id in enumerate(run_ids, 1)
    )
    return Turn(
        at=CLOCK.now(),
        pack=PACK,
        claim=Claim(
            conversation_id="c1",
            contact_id="p1",
            address="ann",
            pack=PACK.name,
            pack_version="1",
            fence=1,
            runs=runs,
            conversation=Conversation(),
            sequence=0,
            head=b"",
        ),
    )
