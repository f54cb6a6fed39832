"""A pack that is right loads; its digest and its replies are what they should be."""

from pathlib import Path

import pytest

from antiphon.core.errors import PackInvalid, PackNotFound
from antiphon.loader import find_packs, load_pack
from tests.loader.conftest import PACK, Shop

AUTOSTREAM = Path(__file__).parents[2] / "packs" / "autostream"


def test_a_right_pack_loads(shop: Shop) -> None:
    pack = load_pack(shop())

    assert pack.definition.name == "shop"
    assert [intent.name for intent in pack.definition.intents] == ["greeting", "order"]
    assert pack.render("done", {"email": "a@b.co", "lead_id": "LEAD-00001"}) == "Done, a@b.co, LEAD-00001"


def test_slots_not_yet_filled_are_empty(shop: Shop) -> None:
    pack = load_pack(shop())

    assert pack.render("hi", {"collected": {}}) == "Hi"
    assert pack.render("hi", {"collected": {"email": "a@b.co"}}) == "Hi a@b.co"
    assert pack.render("done", {"lead_id": "LEAD-00001"}) == "Done, , LEAD-00001"


def test_a_slot_may_be_named_like_a_method(shop: Shop) -> None:
    pack = load_pack(
        shop(("name: email", "name: items"), ("collected.email", "collected.items"), ("{{ email", "{{ items"))
    )

    assert pack.render("hi", {"collected": {}}) == "Hi"
    assert pack.render("hi", {"collected": {"items": "two"}}) == "Hi two"


def test_a_section_may_have_a_file_of_its_own(shop: Shop) -> None:
    head, replies = PACK.split("replies:\n")
    own = "\n".join(line.removeprefix("  ") for line in replies.splitlines())

    whole = load_pack(shop())
    apart = load_pack(shop((f"replies:\n{replies}", ""), files={"replies.yaml": own}))

    assert apart.definition == whole.definition
    assert head.startswith("name")


def test_the_digest_follows_the_definition_and_not_the_knowledge(shop: Shop) -> None:
    with_knowledge = ("forms:\n", "knowledge: {files: [kb.md]}\nforms:\n")
    before = load_pack(shop(with_knowledge, files={"kb.md": "one"}))
    edited = load_pack(shop(with_knowledge, files={"kb.md": "two"}))
    renamed = load_pack(shop(with_knowledge, ("The Shop", "The Store")))

    assert before.digest == edited.digest != renamed.digest
    assert [file.name for file in before.knowledge_files] == ["kb.md"]


def test_words_that_older_yaml_takes_for_truths_and_times_are_texts(shop: Shop) -> None:
    pack = load_pack(shop(("[hi, hello, hey]", "[yes, no, on, 12:30, 2024-01-01, 24/7]")))

    assert pack.definition.intents[0].examples == ("yes", "no", "on", "12:30", "2024-01-01", "24/7")


def test_missing_knowledge_does_not_stop_the_pack(shop: Shop) -> None:
    pack = load_pack(shop(("forms:\n", "knowledge: {files: [kb.json]}\nforms:\n")))

    assert pack.knowledge_files == ()


def test_packs_are_found_by_their_main_file(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pack.yaml").write_text("name: x")
    (tmp_path / "other").mkdir()

    assert [path.name for path in find_packs(tmp_path)] == ["a", "b"]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PackNotFound, match=r"no pack shop in .*: no such folder"):
        load_pack(tmp_path / "shop")
    with pytest.raises(PackNotFound, match=r"the folder has no pack.yaml"):
        load_pack(tmp_path)
    with pytest.raises(PackNotFound, match="no such folder"):
        find_packs(tmp_path / "packs")


def test_problems_of_all_kinds_are_told_together_in_order(shop: Shop) -> None:
    folder = shop(
        ("title: The Shop", "titel: The Shop"),
        ("fallback: hello", "fallback: helo"),
        ("Done, {{ email }}", "Done, {{ emial }}"),
    )
    with pytest.raises(PackInvalid) as invalid:
        load_pack(folder)

    lines = [problem.line for problem in invalid.value.problems]
    assert lines == sorted(lines)
    assert {2, 4, 29} <= set(lines)
    assert "pack.yaml:2: unknown field `titel`; did you mean `title`?" in str(invalid.value)


def test_autostream_loads() -> None:
    pack = load_pack(AUTOSTREAM)

    seen = {pack.definition.reported(intent.name) for intent in pack.definition.intents if intent.specialist}
    assert seen == {"greeting", "product_inquiry", "high_intent", "lead_collection"}
    assert [slot.name for slot in pack.definition.forms["lead"].slots] == ["name", "email", "platform"]
    assert "Welcome to AutoStream" in pack.render("welcome", {"collected": {}, "form": ""})
    assert "Lead ID LEAD-00007" in pack.render(
        "lead_captured", {"name": "Jo", "email": "jo@example.com", "platform": "X", "lead_id": "LEAD-00007"}
    )
    assert [file.name for file in pack.knowledge_files] == ["autostream_kb.json"]
