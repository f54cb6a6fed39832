"""Specialists: what works on an intent. One module per kind, and one line here."""

from antiphon.graph.specialists.answer import answer
from antiphon.graph.specialists.form import fill_form
from antiphon.graph.specialists.resolve import resolve
from antiphon.graph.specialists.say import say
from antiphon.graph.specialists.score import score

__all__ = ["answer", "fill_form", "resolve", "say", "score"]
