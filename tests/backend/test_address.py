"""Values stay values: whatever they hold, they do not lead to another path, host or query."""

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.backend.address import PathTemplate
from antiphon.core.errors import BackendCallInvalid
from tests.backend.conftest import Connect
from tests.backend.server import Business

ONE = PathTemplate.of("/contacts/{contact_id}/context", "x")


@given(st.text(max_size=50))
def test_a_value_is_one_part_of_the_path_or_is_refused(value: str) -> None:
    try:
        path = ONE.filled({"contact_id": value}, "get_context", rest_as_query=True)
    except BackendCallInvalid:
        return
    parts = urlsplit("http://host" + path)
    assert (parts.netloc, parts.query, parts.fragment) == ("host", "", "")
    _, contacts, middle, context = parts.path.split("/")
    assert (contacts, unquote(middle), context) == ("contacts", value, "context")


@pytest.mark.parametrize("value", ["", ".", "..", "../admin", "a/../b", "..\\x", "a\0", "x" * 1001, None, {"a": 1}])
def test_values_that_would_be_another_path_are_refused(value: object) -> None:
    with pytest.raises(BackendCallInvalid):
        ONE.filled({"contact_id": value}, "get_context", rest_as_query=False)


def test_numbers_with_slashes_are_fine() -> None:
    assert ONE.filled({"contact_id": "INV/2024/7"}, "o", rest_as_query=False) == "/contacts/INV%2F2024%2F7/context"


@given(st.dictionaries(st.sampled_from(["a", "b", "q"]), st.text(min_size=1, max_size=20)))
def test_other_values_become_a_query(values: dict[str, str]) -> None:
    template = PathTemplate.of("/search?fixed=1&q={q}", "x")
    try:
        path = template.filled({"q": "?&#", **values}, "o", rest_as_query=True)
    except BackendCallInvalid:
        return
    found = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True))
    assert found == {"fixed": "1", "q": "?&#", **values}


async def test_it_arrives_as_it_was(system: Business, connect: Connect) -> None:
    await connect().call_endpoint("confirm_payment", {"invoice": "INV/1 ?#%2F", "amount": 1}, key="k")

    assert system.asked[0].path == "/api/payments/INV%2F1%20%3F%23%252F/confirm"
