"""What callers rely on of an operation's fields: each as the JSON schema of its model tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from l9stack.model.glue import FieldSpec
from l9stack.printable import line
from l9stack.rendering.fields import number

_TYPES = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "strings": "array",
    "object": "object",
}
_BOUNDS = {
    "string": ("minLength", "maxLength"),
    "strings": ("minItems", "maxItems"),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
}

Promises = dict[str, dict[str, Any]]


def promised(specs: Iterable[FieldSpec] | None) -> Promises:
    """Fields by name, sorted: whether a caller gives them, type, bounds, choices, default and description.

    A side that nobody declared is one `payload`.
    """
    if specs is None:
        return {"payload": {"required": True, "type": "object"}}
    return {spec.name: _promise(spec) for spec in sorted(specs, key=lambda spec: spec.name)}


def _promise(spec: FieldSpec) -> dict[str, Any]:
    told: dict[str, Any] = {"required": spec.required, "type": _TYPES.get(spec.type)}
    if spec.choices:
        told["choices"] = list(spec.choices)
    if not (spec.choices and spec.type == "string"):  # a choice has no bounds beside itself
        numbers = spec.type in ("integer", "number")
        bounds = (spec.minimum, spec.maximum) if numbers else (spec.min_length, spec.max_length)
        told |= {
            name: number(bound)
            for name, bound in zip(_BOUNDS.get(spec.type, ()), bounds, strict=False)
            if bound is not None
        }
    if not spec.required:
        told["default"] = spec.default
    told["description"] = line(spec.description) or None
    kept = ("required", "default")
    return {key: value for key, value in told.items() if value is not None or key in kept}
