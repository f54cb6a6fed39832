"""Text search: passages by the words that they hold."""

import pytest

from antiphon.core.passage import Passage
from tests.contracts.desk import PACK, Desk

PASSAGES = (
    Passage(id="faq/1", source="faq.json", title="Refunds", text="We refund a plan within 14 days."),
    Passage(id="faq/2", source="faq.json", title="Plans", text="The Pro plan costs $79 a month."),
    Passage(id="faq/3", source="faq.json", title="Captions", text="Captions are made by error code AX-2041."),
    Passage(id="faq/4", source="faq.json", title="Resolution", text="Videos are exported in 4K."),
    Passage(id="faq/5", source="faq.json", title="Support", text="Support answers around the clock."),
)


async def _found(desk: Desk, *words: str, limit: int = 10) -> list[str]:
    return [passage_id for passage_id, _ in await desk.store.search(PACK, words, limit)]


async def test_a_passage_is_found_by_any_of_the_words(desk: Desk) -> None:
    await desk.store.index(PACK, PASSAGES)
    assert sorted(await _found(desk, "refund", "captions", "elephant")) == ["faq/1", "faq/3"]
    assert await _found(desk, "elephant") == []
    assert await _found(desk) == []


async def test_words_are_found_in_titles_and_without_regard_to_case(desk: Desk) -> None:
    await desk.store.index(PACK, PASSAGES)
    assert await _found(desk, "resolution") == ["faq/4"]
    assert await _found(desk, "VIDEOS") == ["faq/4"]


async def test_words_are_found_whole(desk: Desk) -> None:
    await desk.store.index(PACK, PASSAGES)
    assert await _found(desk, "esolutio") == []


async def test_rare_identifiers_are_found(desk: Desk) -> None:
    await desk.store.index(PACK, PASSAGES)
    assert await _found(desk, "AX-2041") == ["faq/3"]
    assert await _found(desk, "4k") == ["faq/4"]


async def test_the_best_comes_first(desk: Desk) -> None:
    await desk.store.index(PACK, PASSAGES)
    ranked = await desk.store.search(PACK, ["plan", "pro", "month"], 10)
    assert [passage_id for passage_id, _ in ranked] == ["faq/2", "faq/1"]
    assert ranked[0][1] > ranked[1][1]
    assert await _found(desk, "plan", "pro", "month", limit=1) == ["faq/2"]


@pytest.mark.parametrize("word", ["AND", "NEAR(", '"', '"refund', "refund*", "content:", "-", "(", "", "?!", "^"])
async def test_what_a_person_writes_is_no_query_language(desk: Desk, word: str) -> None:
    await desk.store.index(PACK, PASSAGES)
    assert "faq/4" in await _found(desk, word, "videos")
    assert await _found(desk, word) in ([], ["faq/1"])


async def test_indexing_again_replaces_what_was_there(desk: Desk) -> None:
    await desk.store.index(PACK, PASSAGES)
    await desk.store.index(PACK, PASSAGES[3:])
    assert await _found(desk, "refund", "videos") == ["faq/4"]
    await desk.store.index(PACK, ())
    assert await _found(desk, "videos") == []


async def test_each_pack_has_passages_of_its_own(desk: Desk) -> None:
    await desk.store.index(PACK, PASSAGES)
    await desk.store.index("helpdesk", PASSAGES[:1])
    assert await _found(desk, "videos") == ["faq/4"]
    assert await desk.store.search("helpdesk", ["videos"], 10) == []
    assert len(await desk.store.search("helpdesk", ["refund"], 10)) == 1
