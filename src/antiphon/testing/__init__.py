"""Twins of the ports, for tests and demonstrations: in memory, deterministic, held to the same contracts."""

from antiphon.testing.channel import RecordingChannel
from antiphon.testing.classifier import ScriptedClassifier, understood
from antiphon.testing.clock import SettableClock
from antiphon.testing.encoder import WordEncoder
from antiphon.testing.ids import CountingIds
from antiphon.testing.knowledge import FixedKnowledge
from antiphon.testing.model import Line, ScriptedModel, read_script
from antiphon.testing.performer import RecordingPerformer
from antiphon.testing.scales import FixedScales
from antiphon.testing.store import LEASE_SECONDS, MemoryStore, MemoryStores

__all__ = [
    "LEASE_SECONDS",
    "CountingIds",
    "FixedKnowledge",
    "FixedScales",
    "Line",
    "MemoryStore",
    "MemoryStores",
    "RecordingChannel",
    "RecordingPerformer",
    "ScriptedClassifier",
    "ScriptedModel",
    "SettableClock",
    "WordEncoder",
    "read_script",
    "understood",
]
