"""Replies: what is wrong with one is told with the line inside of it, and none gets out of the sandbox."""

import pytest

from antiphon.loader import load_pack
from tests.loader.conftest import Problems, Shop

BLOCK = "bye: |\n    One\n    {spoilt}\n    Three"


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        (
            "{{ emial }}",
            "pack.yaml:30: `replies.bye`: unknown field `emial`, said by form `lead`; did you mean `email`?",
        ),
        (
            "{{ lead_id }}",
            "pack.yaml:30: `replies.bye`: unknown field `lead_id`, said by form `lead`; expected `email`",
        ),
        ("{% if email %}", "pack.yaml:31: `replies.bye`: not a template: Unexpected end of template"),
        ("{{ email", "pack.yaml:31: `replies.bye`: not a template"),
        ("{{ email | nope }}", "pack.yaml:30: `replies.bye`: not a template: No filter named 'nope'"),
        ("{{ ''.__class__ }}", "pack.yaml:30: `replies.bye`: `__class__` is not available"),
        ("{{ ''['__class__'] }}", "pack.yaml:30: `replies.bye`: fails when it is said by form `lead`"),
        ("{{ email | attr('__class__') }}", "pack.yaml:30: `replies.bye`: fails when it is said by form `lead`"),
        ("{% include 'x' %}", "pack.yaml:30: `replies.bye`: `include` is not available"),
        ("{% import 'x' as x %}", "pack.yaml:30: `replies.bye`: `import` is not available"),
        ("{{ 'x' * 10 ** 10 }}", "pack.yaml:30: `replies.bye`: `"),
        ("{% for n in range(9) %}{{ n }}{% endfor %}", "pack.yaml:30: `replies.bye`: unknown field `range`"),
        ("{{ email.nothing }}", "pack.yaml:30: `replies.bye`: fails when it is said by form `lead`"),
        ("{{ 1 / 0 }}", "pack.yaml:30: `replies.bye`: fails when it is said by form `lead`: division by zero"),
    ],
)
def test_it_is_told_with_the_line_inside(spoilt: str, expected: str, shop: Shop, problems: Problems) -> None:
    told = problems(shop(("bye: Bye", BLOCK.format(spoilt=spoilt).replace("{spoilt}", spoilt))))

    assert any(problem.startswith(expected) for problem in told), told


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("collected.email", "collected.nmae", "unknown field `collected.nmae`; expected `email`"),
        ("collected.email", "email", "unknown field `email`, said by specialist `hello`; expected `collected`"),
        ("reply: hi", "reply: done", "unknown field `email`, said by specialist `hello`"),
    ],
)
def test_a_reply_sees_what_each_of_its_users_gives(
    old: str, new: str, expected: str, shop: Shop, problems: Problems
) -> None:
    assert any(expected in problem for problem in problems(shop((old, new))))


def test_an_unused_reply_may_say_anything(shop: Shop) -> None:
    load_pack(shop(("replies:\n", "replies:\n  unused: Hello {{ anybody }}\n")))


def test_replies_may_decide_and_repeat(shop: Shop) -> None:
    done = "{% set who = email or 'you' %}{% for part in [who, lead_id] %}{{ loop.index }}{{ part }} {% endfor %}"
    pack = load_pack(shop(("Done, {{ email }}, {{ lead_id }}", f'"{done}"')))

    assert pack.render("done", {"lead_id": "L1"}) == "1you 2L1"


def test_values_are_never_templates(shop: Shop) -> None:
    pack = load_pack(shop())

    assert pack.render("done", {"email": "{{ 7 * 7 }}", "lead_id": "<b>"}) == "Done, {{ 7 * 7 }}, <b>"
