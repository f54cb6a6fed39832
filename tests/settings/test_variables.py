"""CV.40: `${VAR}` in settings: filled in once, and told with name and line when it is missing where it counts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.loader.variables import expand
from tests.settings.conftest import Read, Told


@pytest.mark.parametrize(
    ("text", "environ", "expected"),
    [
        ("${A}", {"A": "x"}, "x"),
        ("a ${A} b ${B}", {"A": "1", "B": "2"}, "a 1 b 2"),
        ("${A:-y}", {}, "y"),
        ("${A:-y}", {"A": ""}, "y"),
        ("${A:-y}", {"A": "x"}, "x"),
        ("${A:-}", {}, ""),
        ("${A:-http://x:1/y?z=:-}", {}, "http://x:1/y?z=:-"),
        ("${A}", {"A": ""}, ""),
        ("${A}", {"A": "${B}", "B": "secret"}, "${B}"),  # what a variable holds is not looked into
        ("$${A}", {"A": "x"}, "${A}"),
        ("pa$$word$", {}, "pa$$word$"),
        ("{contact_id}", {}, "{contact_id}"),
    ],
)
def test_cv40_variables_are_filled_in(text: str, environ: dict[str, str], expected: str) -> None:
    expanded = expand({"key": [text]}, environ)

    assert (expanded.value, expanded.unset, expanded.broken) == ({"key": [expected]}, [], [])


@pytest.mark.parametrize("text", ["${", "${A", "${}", "${1A}", "${A-b}", "${A:?b}", "${ A }", "x ${A${B}}"])
def test_what_is_no_variable_is_said(text: str) -> None:
    (broken, *_) = expand({"key": text}, {"A": "x", "B": "y"}).broken

    assert broken[0] == ("key",)
    assert "is no variable" in broken[1]


def test_an_unset_variable_leaves_its_key_out() -> None:
    expanded = expand({"a": "${X}", "b": ["${Y}", "z"], "c": {"d": "x${Z}"}, "e": 5}, {})

    assert expanded.value == {"b": ["", "z"], "c": {}, "e": 5}
    assert [(one.path, one.name) for one in expanded.unset] == [(("a",), "X"), (("b", 0), "Y"), (("c", "d"), "Z")]


def test_a_value_that_is_no_text_is_said() -> None:
    assert "surrogate" in expand({"a": "${X}"}, {"X": "\udc80"}).broken[0][1]


@given(
    st.recursive(
        st.text(max_size=20) | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=10,
    )
)
def test_values_without_a_dollar_stay_as_they_are(value: Any) -> None:
    assert "${" in repr(value) or expand(value, {}).value == value


def test_cv40_a_missing_variable_is_told_with_its_line(told: Told) -> None:
    (problem,) = told("timezone: UTC\nllm:\n  provider: anthropic\n  api_key: ${CONVERSE_LLM_API_KEY}\n")

    assert problem == (
        "config/settings.yaml:4: `llm.api_key` uses ${CONVERSE_LLM_API_KEY}, which is not set; set it, "
        "or give a default: ${CONVERSE_LLM_API_KEY:-...}"
    )


USES = {  # a part in use that names ${NO}, and a change after which it is not in use
    "channel": ("channels:\n  email:\n    enabled: true\n    credentials: {password: '${NO}'}\n", "true", "false"),
    "channel that does not say": (
        "channels:\n  email: {enabled: true, credentials: {a: '${NO}'}}\n",
        "enabled: true, ",
        "",
    ),
    "channel by variable": (
        "channels:\n  email: {enabled: '${YES}', credentials: {a: '${NO}'}}\n",
        "${YES}",
        "${OFF:-false}",
    ),
    "backend": ("backend:\n  base_url: https://x\n  auth_credentials: {token: '${NO}'}\n", "https://x", "''"),
    "mock": ("backend:\n  type: rest\n  base_url: https://x\n  auth_credentials: {token: '${NO}'}\n", "rest", "mock"),
    "llm": ("llm: {provider: openai, api_key: '${NO}'}\n", "openai", "local"),
    "queue": ("queue: {backend: redis, redis_url: '${NO}'}\n", "redis, ", "memory, "),
    "database": ("database: {store_backend: sql, url: '${NO}'}\n", "sql", "file"),
    "folder": ("database: {store_backend: file, store_file_dir: '${NO}'}\n", "file,", "sql,"),
}


@pytest.mark.parametrize("name", USES)
def test_cv40_it_must_be_set_in_an_enabled_section_alone(told: Told, read: Read, name: str) -> None:
    text, old, new = USES[name]

    (problem,) = told(text, YES="true")
    assert "uses ${NO}, which is not set" in problem
    read(text.replace(old, new, 1), YES="true")
    read(text, YES="true", NO="something")


@pytest.mark.parametrize(
    "text",
    [
        "backend: {base_url: '${NO}'}",  # must not become the mock backend in silence
        "backend: {type: '${NO}'}",
        "channels: {email: {enabled: '${NO}'}}",
        "llm: {provider: '${NO}'}",
        "database: {store_backend: '${NO}'}",
        "queue: {backend: '${NO}'}",
        "secret_key: ${NO}",
        "database: {redis_url: '${NO}'}",
    ],
)
def test_what_decides_is_always_in_use(told: Told, text: str) -> None:
    assert any("uses ${NO}, which is not set" in problem for problem in told(text))
