"""(i) The decision alone, as pure as it is: no model, no store."""

from time import perf_counter

from antiphon.core.change import Change
from antiphon.core.conversation import Conversation, FormProgress
from antiphon.core.decide import decide
from antiphon.core.intent import Understanding
from bench.engine import autostream
from bench.line import Line
from bench.run import Run

BATCH = 50  # rounds between two looks at the clock


def measure(run: Run) -> list[Line]:
    """Decisions per second over a greeting, a question, a wish, an answer to a form and a question during one."""
    pack = autostream(run).definition
    form = next(iter(pack.forms))
    free, filling = Conversation(), Conversation(form=FormProgress(form=form, asking="email"))
    cases = [
        (free, "Hi there!", _understood("greeting")),
        (free, "What does Pro cost?", _understood("product_inquiry")),
        (free, "I want to sign up for Pro", _understood("high_intent")),
        (filling, "it's john@example.com", _understood("product_inquiry", in_scope=False)),
        (filling, "do you support 4K?", _understood("product_inquiry")),
    ]
    decisions, began = 0, perf_counter()
    while (taken := perf_counter() - began) < run.seconds:
        for _ in range(BATCH):
            for conversation, text, understanding in cases:
                decide(pack, conversation, Change(kind="message", value=text), understanding)
        decisions += BATCH * len(cases)
    return [Line(key="i.decide", label="five kinds of messages", value=decisions / taken, unit="/s")]


def _understood(intent: str, *, in_scope: bool = True) -> Understanding:
    return Understanding(
        intent=intent,
        confidence=0.93,
        in_scope=in_scope,
        scope_score=1.2 if in_scope else 0.4,
        threshold=0.7,
        ranked=((intent, 0.93), ("other", 0.05)),
    )
