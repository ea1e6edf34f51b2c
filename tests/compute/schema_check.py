"""As much of JSON Schema as the published schema uses, written down independently of what makes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TYPES: Mapping[str, Any] = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "integer": lambda v: (isinstance(v, int) and not isinstance(v, bool)) or (isinstance(v, float) and v.is_integer()),
}
KNOWN = {
    *("$schema", "$id", "$defs", "$ref", "title", "description", "default", "type", "enum", "const", "anyOf", "allOf"),
    *("if", "then", "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems"),
    *("minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength"),
}


def wrong(schema: Any, value: Any, whole: Mapping[str, Any], at: str = "$") -> str:
    """The first thing in which a value is not as a schema wants it; "" where it is."""
    if schema is True or schema == {}:
        return ""
    if schema is False:
        return f"{at}: nothing may stand there"
    assert schema.keys() <= KNOWN, schema.keys() - KNOWN
    if "$ref" in schema:
        found = wrong(whole["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, whole, at)
        if found:
            return found
    return _of_itself(schema, value, at) or _of_parts(schema, value, whole, at) or _of_choices(schema, value, whole, at)


def _of_itself(schema: Mapping[str, Any], value: Any, at: str) -> str:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(TYPES[kind](value) for kind in kinds):
        return f"{at}: no {' or '.join(kinds)}"
    if "const" in schema and not _same(value, schema["const"]):
        return f"{at}: not {schema['const']!r}"
    if "enum" in schema and not any(_same(value, each) for each in schema["enum"]):
        return f"{at}: none of {schema['enum']}"
    if TYPES["number"](value):
        low, high, above = (schema.get(name) for name in ("minimum", "maximum", "exclusiveMinimum"))
        if (low is not None and value < low) or (high is not None and value > high):
            return f"{at}: {value} is out of {low} … {high}"
        if above is not None and value <= above:
            return f"{at}: {value} is not above {above}"
    if isinstance(value, str) and not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**9):
        return f"{at}: a text of {len(value)} letters"
    return ""


def _same(a: Any, b: Any) -> bool:
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _of_parts(schema: Mapping[str, Any], value: Any, whole: Mapping[str, Any], at: str) -> str:
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                return f"{at}: {name} is missing"
        for name, part in value.items():
            found = wrong(known.get(name, schema.get("additionalProperties", True)), part, whole, f"{at}.{name}")
            if found:
                return found
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10**9):
            return f"{at}: {len(value)} items"
        first = schema.get("prefixItems", [])
        for i, part in enumerate(value):
            found = wrong(first[i] if i < len(first) else schema.get("items", True), part, whole, f"{at}[{i}]")
            if found:
                return found
    return ""


def _of_choices(schema: Mapping[str, Any], value: Any, whole: Mapping[str, Any], at: str) -> str:
    choices = [wrong(each, value, whole, at) for each in schema.get("anyOf", ())]
    if choices and all(choices):
        return choices[0]
    for each in schema.get("allOf", ()):
        found = wrong(each, value, whole, at)
        if found:
            return found
    if "if" in schema and not wrong(schema["if"], value, whole, at):
        return wrong(schema.get("then", True), value, whole, at)
    return ""
