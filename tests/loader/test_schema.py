"""The JSON Schema says what the loader says."""

import pytest

from antiphon.loader import SECTIONS, pack_schema
from antiphon.loader.schema import fields_at


def test_the_schema_of_a_pack() -> None:
    schema = pack_schema()

    assert schema["title"] == "Antiphon pack"
    assert schema["$id"] == "urn:antiphon:pack"
    assert schema["additionalProperties"] is False
    assert {"name", "title", "version", "fallback"} <= set(schema["required"])
    assert not set(SECTIONS) & set(schema["required"])  # they may stand in files of their own


@pytest.mark.parametrize("section", SECTIONS)
def test_the_schema_of_a_section(section: str) -> None:
    schema = pack_schema(section)

    assert schema["$id"] == f"urn:antiphon:pack:{section}"
    assert "IntentDef" in schema["$defs"]
    assert schema.keys() & {"items", "additionalProperties", "patternProperties", "$ref", "type"}


def test_there_is_no_schema_of_what_is_no_section() -> None:
    with pytest.raises(KeyError):
        pack_schema("title")


def test_fields_at_a_path() -> None:
    pack = {"specialists": {"s": {"kind": "say"}, "odd": {"kind": "x"}}}

    assert "examples" in fields_at(("intents", 0), pack)
    assert "choices" in fields_at(("forms", "f", "slots", 0), pack)
    assert {"kind", "reply", "last"} <= set(fields_at(("specialists", "s"), pack))
    assert fields_at(("specialists", "odd"), pack) == ()
