"""The other twins: what tests rely on when they use them (CV.44)."""

import math
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from antiphon.core.effect import Attempted, Effect, KeptEffect
from antiphon.core.errors import KnowledgeBroken
from antiphon.core.intent import Understanding
from antiphon.core.names import Vector
from antiphon.core.passage import Answer, Found, Passage
from antiphon.ports import Classifier, Clock, Encoder, Ids, Knowledge, Performer
from antiphon.testing import (
    CountingIds,
    FixedKnowledge,
    RecordingPerformer,
    ScriptedClassifier,
    SettableClock,
    WordEncoder,
    understood,
)


def test_each_twin_fits_its_port() -> None:
    """The type checker says so; at run time there is nothing to see."""
    clock: Clock = SettableClock()
    ids: Ids = CountingIds()
    encoder: Encoder = WordEncoder()
    classifier: Classifier = ScriptedClassifier({}, understood("greeting"))
    knowledge: Knowledge = FixedKnowledge()
    performer: Performer = RecordingPerformer()
    assert all((clock, ids, encoder, classifier, knowledge, performer))


# Time, chance and names


def test_a_clock_stands_still_until_it_is_moved() -> None:
    clock = SettableClock()
    before = clock.now()
    assert clock.now() == before
    assert clock.advance(1.5) == clock.now() == before + timedelta(seconds=1.5)


def test_a_clock_shows_utc() -> None:
    clock = SettableClock(datetime(2026, 3, 1, 1, 0, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now().isoformat() == "2026-02-28T23:00:00+00:00"
    clock.set(datetime(2020, 1, 1, tzinfo=UTC))
    assert clock.now().year == 2020


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        SettableClock(datetime(2026, 1, 1))  # noqa: DTZ001 - the naive time


def test_ids_are_uuids_in_order_and_the_same_every_time() -> None:
    ids, again, other = CountingIds(), CountingIds(), CountingIds(series=1)
    given = [ids.new() for _ in range(20)]
    assert given == [again.new() for _ in range(20)] == sorted(given)
    assert {UUID(name).version for name in given} == {4}
    assert other.new() not in given


def test_secrets_have_the_size_asked_for_and_differ() -> None:
    ids = CountingIds()
    secrets = [ids.secret(32) for _ in range(5)]
    assert {len(secret) for secret in secrets} == {32}
    assert len(set(secrets)) == 5
    assert secrets[0] == CountingIds().secret(32) != CountingIds(series=1).secret(32)


# Understanding and knowledge


async def test_a_classifier_says_what_it_was_told() -> None:
    classifier = ScriptedClassifier({"hi": understood("greeting")}, understood("faq", 0.2, in_scope=False))
    assert (await classifier.classify("hi")).intent == "greeting"
    other = await classifier.classify("what?")
    assert (other.intent, other.in_scope, other.confidence) == ("faq", False, 0.2)
    assert classifier.asked == ["hi", "what?"]


async def test_a_classifier_keeps_to_the_allowed_intents() -> None:
    unsure = ScriptedClassifier({"stop": _ranked(("leave", 0.6), ("greeting", 0.3), ("faq", 0.1))}, understood("faq"))
    allowed = await unsure.classify("stop", allowed=frozenset({"faq", "greeting"}))
    assert (allowed.intent, allowed.confidence) == ("greeting", 0.3)
    assert allowed.ranked == (("greeting", 0.3), ("faq", 0.1))
    nothing = await unsure.classify("stop", allowed=frozenset({"other"}))
    assert nothing == understood("faq")


async def test_knowledge_answers_what_it_was_given() -> None:
    passage = Passage(id="faq/1", source="faq.json", title="Refunds", text="Within 14 days.")
    found = tuple(Found(passage=passage, score=score) for score in (0.9, 0.5))
    answer = Answer(band="answer", text="Within 14 days.", found=found)
    knowledge = FixedKnowledge({"refunds?": answer})
    assert await knowledge.answer("refunds?", context="plans?") == answer
    assert await knowledge.retrieve("refunds?", top_k=1) == found[:1]
    assert (await knowledge.answer("elephants?")).band == "dont_know"
    assert await knowledge.retrieve("elephants?") == ()
    assert knowledge.asked == [("refunds?", "plans?"), ("elephants?", None)]


async def test_knowledge_can_be_broken_and_mended() -> None:
    knowledge = FixedKnowledge()
    assert (knowledge.broken, knowledge.loaded) == (None, True)
    knowledge.break_down("faq.json:3: not JSON")
    assert (knowledge.broken, knowledge.loaded) == ("faq.json:3: not JSON", False)
    with pytest.raises(KnowledgeBroken, match=r"faq\.json:3"):
        await knowledge.answer("refunds?")
    with pytest.raises(KnowledgeBroken):
        await knowledge.retrieve("refunds?")
    knowledge.mend()
    assert (await knowledge.answer("refunds?")).band == "dont_know"


async def test_sentences_that_share_words_are_near_each_other() -> None:
    encoder = WordEncoder()
    plan, plans, pets = [await encoder.encode(text) for text in ("the pro plan", "The PRO plan!", "a cat and a dog")]
    assert plan == plans
    half = await encoder.encode("the pro dog")
    assert _dot(plan, plan) == pytest.approx(1.0)
    assert _dot(plan, half) == pytest.approx(2 / 3)
    assert _dot(plan, half) > _dot(plan, pets)


@pytest.mark.parametrize("text", ["", "?!", "word", "a a a b", "ü 🌻 \ud800"])
async def test_every_sentence_has_a_vector_of_unit_length(text: str) -> None:
    vector = await WordEncoder(64).encode(text)
    assert len(vector) == 64 * 4
    assert _dot(vector, vector) == pytest.approx(1.0)


# Work


async def test_a_performer_does_as_scripted_and_then_succeeds() -> None:
    failed = Attempted(outcome="failed", reason="503")
    performer = RecordingPerformer([failed, TimeoutError("no answer")])
    assert await performer.perform(_kept("run-1:0")) == failed
    with pytest.raises(TimeoutError, match="no answer"):
        await performer.perform(_kept("run-1:0"))
    assert await performer.perform(_kept("run-1:1")) == Attempted(outcome="done")
    assert performer.keys == ["run-1:0", "run-1:0", "run-1:1"]


def _ranked(*ranked: tuple[str, float]) -> Understanding:
    return replace(understood(*ranked[0]), ranked=ranked)


def _dot(one: Vector, other: Vector) -> float:
    size = f"<{len(one) // 4}f"
    return math.fsum(a * b for a, b in zip(struct.unpack(size, one), struct.unpack(size, other), strict=True))


def _kept(key: str) -> KeptEffect:
    return KeptEffect(
        key=key,
        run_id="run-1",
        conversation_id="conversation-1",
        effect=Effect(kind="notify"),
        status="performing",
        due_at=SettableClock().now(),
        attempts=1,
    )
