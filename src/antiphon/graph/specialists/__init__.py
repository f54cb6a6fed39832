"""Specialists: what works on an intent. One module per kind, and one line here."""

from antiphon.graph.specialists.answer import answer
from antiphon.graph.specialists.form import fill_form
from antiphon.graph.specialists.say import say

__all__ = ["answer", "fill_form", "say"]
