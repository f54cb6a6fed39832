"""The pack language as JSON Schema, so that an editor completes and checks a pack while it is written."""

from functools import cache
from typing import Any, TypeAlias

from antiphon.core.pack import PackDef
from antiphon.loader.sections import SECTIONS

Schema: TypeAlias = dict[str, Any]  # JSON Schema, draft 2020-12

__all__ = ["SECTIONS", "Schema", "fields_at", "pack_schema"]


def pack_schema(section: str | None = None) -> Schema:
    """The schema of `pack.yaml`, or of the file that one section stands in.

    Sections may stand in files of their own, so that `pack.yaml` alone requires none of them.

    Raises:
        KeyError: there is no such section.
    """
    whole = PackDef.model_json_schema()
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    if section is None:
        required = [name for name in whole["required"] if name not in SECTIONS]
        return {**about, "$id": "urn:antiphon:pack", **whole, "title": "Antiphon pack", "required": required}
    own = {name: whole["properties"][name] for name in SECTIONS}[section]
    title = f"Antiphon pack: {section}"
    return {**about, "$id": f"urn:antiphon:pack:{section}", **own, "title": title, "$defs": whole["$defs"]}


def fields_at(path: tuple[str | int, ...], value: Any) -> tuple[str, ...]:
    """The fields that an object at a path of a pack may have; `value` is the pack, for what depends on a kind."""
    schema = _whole()
    for part in path:
        schema = _below(_object(schema, value), part)
        value = _value_below(value, part)
    return tuple(_object(schema, value).get("properties", ()))


@cache
def _whole() -> Schema:
    return PackDef.model_json_schema()


def _object(schema: Schema, value: Any) -> Schema:
    """The schema itself behind references and choices."""
    if "discriminator" in schema:
        kind = schema["discriminator"]["propertyName"]
        chosen = value.get(kind) if isinstance(value, dict) else None
        reference = schema["discriminator"]["mapping"].get(chosen) if isinstance(chosen, str) else None
        return _object({"$ref": reference}, value) if reference else {}
    if "$ref" in schema:
        return _object(_whole()["$defs"][schema["$ref"].rpartition("/")[2]], value)
    return schema


def _below(schema: Schema, part: str | int) -> Schema:
    """The schema of a part; {} where it is not known."""
    if isinstance(part, int):
        return dict(schema.get("items", {}))
    if part in schema.get("properties", {}):
        return dict(schema["properties"][part])
    others = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    return next((dict(other) for other in others if isinstance(other, dict)), {})


def _value_below(value: Any, part: str | int) -> Any:
    try:
        return value[part]
    except (KeyError, IndexError, TypeError):
        return None
