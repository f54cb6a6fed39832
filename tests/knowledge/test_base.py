"""The knowledge base, with an encoder that knows words only."""

import asyncio

import pytest

from antiphon.core.errors import KnowledgeBroken, StoreUnavailable
from antiphon.core.passage import Passage
from antiphon.ports import Knowledge
from tests.knowledge.shelf import AUTOSTREAM, PACK, Shelf, SpiedTextSearch

NOTES = "Ducks swim in the pond.\n\nGeese fly over the hill.\n\nSwans rest near the pond."


async def test_the_best_passages_come_first_as_many_as_are_asked_for(shelf: Shelf) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    base: Knowledge = await shelf.loaded()
    assert (base.loaded, base.broken) == (True, None)
    for top_k in (1, 3, 20, 500):
        found = await base.retrieve("which payment methods do you accept", top_k=top_k)
        assert len(found) == min(top_k, len(shelf.text_search.indexed[0]))
        assert found[0].passage.title == "Which payment methods do you accept?"
        scores = [one.score for one in found]
        assert scores == sorted(scores, reverse=True)
        assert all(0.0 <= score <= 1.0 for score in scores)
        assert len({one.passage.id for one in found}) == len(found)


async def test_a_question_is_answered_with_its_source(shelf: Shelf) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    answer = await (await shelf.loaded()).answer("do you have a free trial")
    assert answer.band == "answer"
    assert answer.text == "Yes. Try AutoStream for 7 days, without a credit card."
    assert answer.found[0].passage.id == "knowledge/kb.json#faqs/0"
    assert answer.found[0].passage.source == "knowledge/kb.json"


async def test_what_nobody_wrote_about_is_not_known(shelf: Shelf) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    answer = await (await shelf.loaded()).answer("Wetterbericht Paris?")
    assert (answer.band, answer.text, answer.suggestions) == ("dont_know", "", ())


async def test_the_thresholds_of_the_pack_decide(shelf: Shelf) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    strict = await shelf.loaded(answer_at=1.0, suggest_at=0.2)
    answer = await strict.answer("is there some free trial for me")
    assert answer.band == "did_you_mean"
    assert answer.suggestions[0] == "Do you have a free trial?"
    lost = await shelf.loaded(answer_at=1.0, suggest_at=1.0)
    assert (await lost.answer("is there some free trial for me")).band == "dont_know"


async def test_of_a_long_passage_only_what_was_asked_for_is_said(shelf: Shelf) -> None:
    filler = "Our history began in a small garage many years ago. " * 6
    shelf.put("rules.md", f"# Delivery\n\n{filler}Parcels arrive within two days. {filler}")
    answer = await (await shelf.loaded()).answer("parcels arrive within how many days of delivery")
    assert (answer.band, answer.text) == ("answer", "Parcels arrive within two days.")


# Identifiers


async def test_a_query_without_an_identifier_never_reaches_the_text_search(shelf: Shelf) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    base = await shelf.loaded()
    await base.retrieve("how much is the Pro plan at $79/month in 4K?")
    await base.answer("do you have a free trial")
    assert shelf.text_search.searched == []


@pytest.mark.parametrize("query", ["please help me E-4012", "e4012 Visa Mastercard PayPal methods accept"])
async def test_an_exact_identifier_beats_similarity(shelf: Shelf, query: str) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    base = await shelf.loaded()
    found = await base.retrieve(query)
    assert found[0].passage.title == "What does error E-4012 mean?"
    assert found[0].score >= 0.9
    assert found[1].score <= 0.8
    assert shelf.text_search.searched == [["E-4012"]]
    assert (await base.answer(query)).text == "Your card was declined. Ask your bank."


async def test_whoever_holds_more_of_the_identifiers_comes_first(shelf: Shelf) -> None:
    shelf.put("a.txt", "AX-100 is red.\n\nAX-200 is blue.\n\nAX-100 fits AX-200.")
    found = await (await shelf.loaded()).retrieve("AX-100 AX-200 blue")
    assert found[0].passage.text == "AX-100 fits AX-200."


async def test_parts_of_an_identifier_do_not_count(shelf: Shelf) -> None:
    shelf.put("a.txt", "AX-100 is red.\n\nThe ax 100 years ago was steel.\n\nNothing.")
    found = await (await shelf.loaded()).retrieve("AX-100")
    assert [one.score >= 0.8 for one in found] == [True, False, False]


async def test_an_unknown_code_among_known_ones_is_never_answered(shelf: Shelf) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    answer = await (await shelf.loaded(answer_at=0.1, suggest_at=0.1)).answer("What does error E-9999 mean?")
    assert answer.band == "did_you_mean"
    assert "What does error E-4012 mean?" in answer.suggestions


async def test_hits_of_another_reading_are_left_out(shelf: Shelf) -> None:
    shelf.put("a.txt", "AX-100 is red.\n\nNothing.")
    base = await shelf.loaded()
    elsewhere = Passage(id="elsewhere#1", source="elsewhere", title="", text="AX-100 is gone.")
    await shelf.text_search.index(PACK, [elsewhere])
    assert next(one.passage.id for one in await base.retrieve("AX-100")) == "knowledge/a.txt#paragraph-1"


# Questions that lean on the one before


async def test_a_short_question_is_understood_with_the_one_before(shelf: Shelf) -> None:
    shelf.put("notes.txt", NOTES)
    base = await shelf.loaded()
    alone = await base.answer("and what about it there?")
    leaning = await base.answer("and what about it there?", context="do geese fly over the hill?")
    assert alone.band == "dont_know"
    assert leaning.text == "Geese fly over the hill."


async def test_its_own_words_decide_what_it_is_about(shelf: Shelf) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    answer = await (await shelf.loaded()).answer("and the Pro plan?", context="How much is the Basic plan?")
    assert answer.band == "answer"
    assert answer.text.startswith("The Pro plan costs $79/month")


async def test_a_question_that_stands_alone_ignores_the_one_before(shelf: Shelf) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    base = await shelf.loaded()
    alone = await base.answer("Which payment methods do you accept?")
    assert await base.answer("Which payment methods do you accept?", context="free trial mobile app") == alone


async def test_another_topic_is_not_answered_with_the_last_one(shelf: Shelf) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    answer = await (await shelf.loaded()).answer("what about Timbuktu?", context="do you have a free trial?")
    assert answer.band == "dont_know"


async def test_the_identifier_of_the_question_before_still_counts(shelf: Shelf) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    base = await shelf.loaded()
    answer = await base.answer("so how is that fixed with my bank?", context="what is E-4012?")
    assert answer.text == "Your card was declined. Ask your bank."
    answer = await base.answer("and E-5107?", context="what does error E-4012 mean?")
    assert answer.text == "The upload was interrupted. Upload it again."


# Broken and mended


async def test_a_broken_file_is_told_and_nothing_is_answered(shelf: Shelf) -> None:
    shelf.put("kb.json", '{"faqs": [')
    base = await shelf.loaded()
    assert base.broken == "knowledge/kb.json, line 1, column 11: Expecting value"
    assert not base.loaded
    with pytest.raises(KnowledgeBroken, match="line 1, column 11"):
        await base.retrieve("anything")
    with pytest.raises(KnowledgeBroken, match="line 1, column 11"):
        await base.answer("anything")


async def test_one_broken_file_among_good_ones_is_not_passed_over(shelf: Shelf) -> None:
    shelf.put("a.txt", "Good.")
    shelf.put("b.json", "{")
    assert "knowledge/b.json" in str((await shelf.loaded()).broken)


async def test_before_it_is_loaded_it_says_so(shelf: Shelf) -> None:
    base = shelf.base("knowledge/*")
    assert (base.loaded, base.broken) == (False, None)
    with pytest.raises(KnowledgeBroken, match="not been loaded"):
        await base.answer("anything")


async def test_a_pack_without_knowledge_knows_nothing(shelf: Shelf) -> None:
    base = shelf.base()
    await base.load()
    assert (base.loaded, base.broken) == (True, None)
    assert await base.retrieve("anything") == ()
    assert (await base.answer("and that?", context="anything")).band == "dont_know"


async def test_declared_files_that_are_not_there_are_broken(shelf: Shelf) -> None:
    assert (await shelf.loaded("knowledge/*.md")).broken == "no file matches knowledge/*.md"


async def test_repairing_the_file_heals(shelf: Shelf) -> None:
    shelf.put("notes.txt", b"\xff")
    base = await shelf.loaded()
    assert not base.loaded
    assert not await base.reload_if_changed()
    shelf.put("notes.txt", NOTES)
    assert await base.reload_if_changed()
    assert (base.loaded, base.broken) == (True, None)
    assert (await base.answer("do geese fly over the hill?")).text == "Geese fly over the hill."
    shelf.put("notes.txt", b"\xff")
    assert await base.reload_if_changed()
    assert not base.loaded


async def test_nothing_is_read_again_while_nothing_changes(shelf: Shelf) -> None:
    shelf.put("notes.txt", NOTES)
    base = await shelf.loaded()
    assert not await base.reload_if_changed()
    assert len(shelf.text_search.indexed) == 1
    shelf.put("more.txt", "Owls.")
    assert await asyncio.gather(*(base.reload_if_changed() for _ in range(3))) == [True, False, False]
    assert len(shelf.text_search.indexed) == 2


class _Refusing(SpiedTextSearch):
    async def index(self, pack: str, passages: object) -> None:
        raise StoreUnavailable(reason="it is away")


async def test_what_a_store_prevented_is_tried_again(shelf: Shelf) -> None:
    shelf.put("notes.txt", NOTES)
    good, shelf.text_search = shelf.text_search, _Refusing(shelf.text_search)
    base = shelf.base("knowledge/*")
    with pytest.raises(StoreUnavailable):
        await base.load()
    assert not base.loaded
    base._text_search = good
    assert await base.reload_if_changed()
    assert base.loaded


async def test_a_large_base_is_searched_on_a_thread_with_the_same_result(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    base = await shelf.loaded()
    inline = await base.retrieve("how do I cancel", top_k=7)
    monkeypatch.setattr("antiphon.knowledge.base._INLINE_ROWS", 0)
    assert await base.retrieve("how do I cancel", top_k=7) == inline
