"""Prompts: those of a pack, ours where it has none, and what is wrong with them by file and line."""

from pathlib import Path

import pytest

from antiphon.loader import load_pack
from antiphon.loader.prompts import SEEN
from tests.loader.conftest import Problems, Shop

PACKS = Path(__file__).parents[2] / "packs"


def test_a_pack_without_prompts_uses_ours(shop: Shop) -> None:
    prompts = load_pack(shop()).prompts
    for name, facts in SEEN.items():
        assert "The Shop" in prompts(name, facts)
    assert '- order: Wants to order.\n  - "one"' in prompts("classify", SEEN["classify"])
    assert "## Delivery\n\nWithin two days." in prompts("draft", SEEN["draft"])


def test_a_prompt_of_the_pack_takes_the_place_of_ours_and_changes_the_digest(shop: Shop) -> None:
    without = load_pack(shop()).digest
    folder = shop(files={"prompts/judge.md": "How {{ scale }} is it?"})
    pack = load_pack(folder)
    assert pack.prompts("judge", {"scale": "bad"}) == "How bad is it?"
    assert pack.digest != without
    (folder / "prompts/judge.md").write_text("How {{ scale }} is that?")
    assert load_pack(folder).digest != pack.digest


def test_what_is_given_to_a_prompt_is_never_a_template(shop: Shop) -> None:
    pack = load_pack(shop(files={"prompts/judge.md": "{{ description }}"}))
    assert pack.prompts("judge", {"description": "{{ 7 }}{% raw %}"}) == "{{ 7 }}{% raw %}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sort.\n{{ intnts }}", "prompts/classify.md:2: unknown field `intnts`; did you mean `intents`?"),
        (
            "{% for intent in intents %}\n{{ intent.title }}{% endfor %}",
            "prompts/classify.md:2: fails when it is tried",
        ),
        ("a\n\n{% if %}", "prompts/classify.md:3: not a template: "),
        ("{{ about.__class__ }}", "prompts/classify.md:1: `__class__` is not available in prompts"),
        ("{% include 'x' %}", "prompts/classify.md:1: `include` is not available in prompts"),
        (" \n", "prompts/classify.md: the prompt is empty"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(text: str, expected: str, shop: Shop, problems: Problems) -> None:
    told = problems(shop(files={"prompts/classify.md": text}))
    assert any(problem.startswith(expected) for problem in told), told


def test_a_prompt_that_nobody_would_read(shop: Shop, problems: Problems) -> None:
    told = problems(shop(files={"prompts/clasify.md": "Sort."}))
    assert told == ["prompts/clasify.md: is not read; did you mean `classify.md`?"]


def test_a_prompt_that_leads_out_of_the_folder(
    shop: Shop, problems: Problems, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret"
    outside.write_text("secret")
    folder = shop()
    (folder / "prompts").mkdir()
    (folder / "prompts/draft.md").symlink_to(outside)
    assert problems(folder) == ["prompts/draft.md: leads out of the pack's folder; copy the file into it"]


@pytest.mark.parametrize("name", ["autoflow", "autostream", "converse"])
def test_the_packs_that_prefer_a_model_have_prompts_of_their_own(name: str) -> None:
    assert load_pack(PACKS / name).prompts.digest
