"""What each format becomes."""

import json
from typing import Any

import pytest

from antiphon.core.errors import KnowledgeBroken
from antiphon.core.passage import Passage
from antiphon.knowledge.json_file import from_json
from antiphon.knowledge.json_lines_file import from_json_lines
from antiphon.knowledge.markdown_file import from_markdown
from antiphon.knowledge.piece import LONGEST
from antiphon.knowledge.text_file import from_text
from tests.knowledge.shelf import AUTOSTREAM


def _json(value: Any) -> dict[str, Passage]:
    return {piece.passage.id.removeprefix("k#"): piece.passage for piece in from_json("k", json.dumps(value))}


def _contents(value: Any) -> list[str]:
    return [passage.content for passage in _json(value).values()]


def test_a_plan_is_told_in_a_sentence() -> None:
    pro = _json(AUTOSTREAM)["plans/1"]
    assert pro.title == "Pro plan"
    assert pro.text == (
        "The Pro plan costs $79/month and includes unlimited videos, 4K resolution, AI captions and 24/7 support."
    )


def test_all_plans_are_told_together() -> None:
    plans = _json(AUTOSTREAM)["plans"]
    assert plans.title == "Plans"
    assert plans.text == (
        "The Basic plan costs $29/month and includes 10 videos per month and 720p resolution.\n"
        "The Pro plan costs $79/month and includes unlimited videos, 4K resolution, AI captions and 24/7 support."
    )


def test_the_autostream_shape() -> None:
    found = _json(AUTOSTREAM)
    assert found["company"].content == (
        "AutoStream: AutoStream is an automated video editing platform for content creators. "
        "Headquarters: Austin, Texas. Support email: support@autostream.example"
    )
    assert found["features"].content == "Features: AI captions, Automatic cuts and Templates."
    assert found["policies/support"].content == ("Support policy: 24/7 support is available on the Pro plan only.")
    assert found["faqs/0"].title == "Do you have a free trial?"
    assert found["faqs/0"].text == "Yes. Try AutoStream for 7 days, without a credit card."


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"name": "Pro", "price": 79, "currency": "USD", "billing": "monthly"}, "The Pro plan costs $79 per month."),
        ({"name": "Free", "price": 0}, "The Free plan is free."),
        ({"name": "Big", "price": "On request"}, "Price: On request."),
        ({"name": "Pro", "price": {"monthly": "$79", "yearly": "$790"}}, "Price monthly: $79. Price yearly: $790."),
        ({"name": "Pro", "price": "$9", "sso": True, "api_access": False},
         "The Pro plan costs $9 and includes sso. It does not include api access."),
        ({"name": "Pro", "limits": {"seats": 3, "storage": "1 TB"}}, "The Pro plan includes 3 seats. Storage: 1 TB."),
        ({"plan": "Pro", "seats": None, "description": "For teams"}, "For teams."),
    ],
)  # fmt: skip
def test_other_plans(plan: dict[str, Any], expected: str) -> None:
    assert _json({"plans": [plan]})["plans/0"].text == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"faq": {"Is it safe?": "Yes."}}, ["Is it safe?: Yes."]),
        ([{"q": "Is it safe?", "a": True}], ["Is it safe?: yes."]),
        ([{"questions": ["Safe?", "Is it secure?"], "answer": ["Yes", "Very"]}], ["Safe?: Yes. Very."]),
        ({"policies": ["No refunds after 7 days.", "Be kind"]},
         ["Policies: No refunds after 7 days.", "Policies: Be kind."]),
        ({"errors": {"E-4012": "Card was declined by bank"}}, ["E-4012: Card was declined by bank."]),
        ([{"code": "E-1", "meaning": "Card declined"}], ["E-1: Card declined."]),
        ({"company": "Acme", "founded": 2021}, ["About Acme: Company: Acme. Founded: 2021."]),
        ({"opening_hours": {"monday": "9-17", "sunday": "closed"}}, ["Opening hours: Monday: 9-17. Sunday: closed."]),
        ({"products": [{"name": "Lamp", "parts": [{"name": "Bulb", "watts": 5}]}]},
         ["Bulb: Bulb includes 5 watts."]),
        ("Just a text", ["Just a text."]),
    ],
)  # fmt: skip
def test_other_shapes(value: Any, expected: list[str]) -> None:
    assert _contents(value) == expected


def test_a_long_catalogue_has_one_vector_for_each_thing() -> None:
    def cues(things: int) -> set[int]:
        text = json.dumps([{"name": f"Lamp {n}", "colour": "red", "watts": n} for n in range(things)])
        return {len(piece.cues) for piece in from_json("k", text) if piece.passage.id != "k#top"}

    assert cues(51) == {1}
    assert cues(50) == {4}


MARKDOWN = """---
layout: page
---
Hello to **all**.

# Help

Setext heading
--------------

Wrapped
line with [a link](https://a.example/x) and `code`.

## Plans <!-- hidden -->

| Plan  | Price | Seats |
|-------|:-----:|------:|
| Basic | $29   | 1     |
| Pro   | $79   |       |

- one
- two
  wrapped

```
# no heading
```

### Pro

Large.

# Other
"""


def test_markdown_keeps_its_headings() -> None:
    found = {piece.passage.id: (piece.passage.title, piece.passage.text) for piece in from_markdown("k", MARKDOWN)}
    assert found == {
        "k#top": ("", "Hello to all."),
        "k#help/setext-heading": (
            "Help › Setext heading",  # noqa: RUF001
            "Wrapped line with a link (https://a.example/x) and code.",
        ),
        "k#help/plans": (
            "Help › Plans",  # noqa: RUF001
            "- Basic – Price: $29, Seats: 1\n- Pro – Price: $79\n- one\n- two wrapped\n# no heading",
        ),
        "k#help/plans/pro": ("Help › Plans › Pro", "Large."),  # noqa: RUF001
    }


def test_a_long_section_is_cut_at_its_paragraphs_under_the_same_heading() -> None:
    paragraph = "This paragraph says something. " * 12
    pieces = from_markdown("k", "# Long\n\n" + "\n\n".join([paragraph] * 8))
    assert [piece.passage.id for piece in pieces] == ["k#long", "k#long~2", "k#long~3", "k#long~4"]
    assert {piece.passage.title for piece in pieces} == {"Long"}
    assert all(len(piece.passage.text) <= LONGEST for piece in pieces)
    assert all(piece.passage.text.startswith("This") and piece.passage.text.endswith(".") for piece in pieces)


def test_a_paragraph_without_an_end_is_cut_all_the_same() -> None:
    pieces = from_text("k.txt", "word " * 1_000 + "x" * 2_500)
    assert all(len(piece.passage.text) <= LONGEST for piece in pieces)
    assert "".join(piece.passage.text for piece in pieces).replace(" ", "") == "word" * 1_000 + "x" * 2_500


def test_snake_case_and_lone_stars_survive_markdown() -> None:
    (piece,) = from_markdown("k", "Set snake_case_name to 2 * 3 and *emphasise* __this__.")
    assert piece.passage.text == "Set snake_case_name to 2 * 3 and emphasise this."


def test_plain_text_by_paragraphs() -> None:
    text = "Welcome to\nus.\n\nDelivery\n\nIt takes:\n- two days\n- or three.\n\nQ: Is it free?\nA: Yes."
    found = [(piece.passage.id, piece.passage.content) for piece in from_text("shop_rules.txt", text)]
    assert found == [
        ("shop_rules.txt#paragraph-1", "Shop rules: Welcome to us."),
        ("shop_rules.txt#paragraph-3", "Delivery: It takes:\n- two days\n- or three."),
        ("shop_rules.txt#paragraph-4", "Is it free?: Yes."),
    ]


# JSON Lines


def test_each_line_is_a_passage_under_its_own_id() -> None:
    text = '{"id": "a", "text": "Ducks swim."}\n\n{"id": 7, "title": "Geese", "text": "They fly.", "more": 1}\n'
    pieces = from_json_lines("kb.jsonl", text)
    assert [piece.passage.id for piece in pieces] == ["kb.jsonl#a", "kb.jsonl#7"]
    assert [piece.passage.content for piece in pieces] == ["Ducks swim.", "Geese: They fly."]


def test_a_long_line_is_cut_under_its_title() -> None:
    text = json.dumps({"id": "a", "title": "Ducks", "text": "Ducks swim in the pond. " * 100})
    pieces = from_json_lines("kb.jsonl", text)
    assert [piece.passage.id for piece in pieces] == ["kb.jsonl#a", "kb.jsonl#a~2", "kb.jsonl#a~3"]
    assert {piece.passage.title for piece in pieces} == {"Ducks"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "column 2: Expecting property name"),
        ("[]", "an object was expected"),
        ('{"text": "x"}', "a passage needs an id"),
        ('{"id": true, "text": "x"}', "a passage needs an id"),
        ('{"id": "b"}', "a passage needs a text"),
        ('{"id": "b", "text": " "}', "a passage needs a text"),
        ('{"id": "b", "text": "x", "title": 1}', "a title is text too"),
        ('{"id": "a", "text": "x"}', "another passage has the id a"),
    ],
)
def test_a_line_that_is_no_passage_is_named(line: str, said: str) -> None:
    with pytest.raises(KnowledgeBroken, match=f"kb.jsonl, line 3.*{said}"):
        from_json_lines("kb.jsonl", f'{{"id": "a", "text": "x"}}\n\n{line}')


def test_chunks_of_a_long_section_keep_their_headings() -> None:
    text = "# Manual\n\n## Ducks\n\n" + "Ducks swim in the pond all day. " * 80 + "\n\n## Geese\n\nThey fly."
    ducks = [piece.passage for piece in from_markdown("m.md", text) if "ducks" in piece.passage.id]
    assert len(ducks) > 1
    assert {passage.title for passage in ducks} == {"Manual › Ducks"}  # noqa: RUF001 - the path of headings
