"""Passages, retrieval, extractive answers."""

from antiphon.knowledge.base import KnowledgeBase

__all__ = ["KnowledgeBase"]
