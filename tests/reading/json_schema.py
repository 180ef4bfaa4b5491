"""As much of JSON Schema as the published schemas use, straight from the specification; any other keyword fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value == int(value),
    "null": lambda value: value is None,
}
ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description", "examples", "default"}


def valid(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None) -> bool:
    """Whether a value is valid against a schema of draft 2020-12."""
    root = schema if root is None else root
    return all(_holds(keyword, wanted, value, schema, root) for keyword, wanted in schema.items())


def _holds(keyword: str, wanted: Any, value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    if keyword in ANNOTATIONS:
        return True
    is_number = TYPES["number"](value)
    match keyword:
        case "$ref":
            return valid(value, root["$defs"][wanted.removeprefix("#/$defs/")], root)
        case "anyOf":
            return any(valid(value, one, root) for one in wanted)
        case "type":
            return any(TYPES[name](value) for name in ([wanted] if isinstance(wanted, str) else wanted))
        case "enum":
            return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in wanted)
        case "const":
            return bool(value == wanted)
        case "pattern":
            return not isinstance(value, str) or re.search(wanted, value) is not None
        case "minimum":
            return not is_number or value >= wanted
        case "maximum":
            return not is_number or value <= wanted
        case "exclusiveMinimum":
            return not is_number or value > wanted
        case "minItems":
            return not isinstance(value, list) or len(value) >= wanted
        case "items":
            return not isinstance(value, list) or all(valid(item, wanted, root) for item in value)
    return not isinstance(value, dict) or _object_holds(keyword, wanted, value, schema, root)


def _object_holds(
    keyword: str, wanted: Any, value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any]
) -> bool:
    match keyword:
        case "required":
            return all(name in value for name in wanted)
        case "minProperties":
            return len(value) >= wanted
        case "maxProperties":
            return len(value) <= wanted
        case "properties":
            return all(valid(value[name], one, root) for name, one in wanted.items() if name in value)
        case "propertyNames":
            return all(valid(name, wanted, root) for name in value)
        case "additionalProperties":
            others = [item for name, item in value.items() if name not in schema.get("properties", {})]
            return (
                not others
                if wanted is False
                else all(isinstance(wanted, bool) or valid(x, wanted, root) for x in others)
            )
    raise AssertionError(f"{keyword} is no keyword that is known here")
