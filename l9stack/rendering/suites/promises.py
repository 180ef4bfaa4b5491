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


def promises_of(specs: Iterable[FieldSpec] | None, *, whole: bool) -> Promises:
    """Fields by name, sorted: whether a caller gives them, and, `whole`, type, bounds, choices, default, description.

    A side that nobody declared is one `payload`.
    """
    if specs is None:
        return {"payload": {"required": True} | ({"type": "object"} if whole else {})}
    told = {spec.name: {"required": spec.required} | (_promise(spec) if whole else {}) for spec in specs}
    return dict(sorted(told.items()))


def _promise(spec: FieldSpec) -> dict[str, Any]:
    told: dict[str, Any] = {"type": _TYPES[spec.type]} if spec.type in _TYPES else {}
    told |= _bounds(spec)
    if spec.choices:
        told["choices"] = list(spec.choices)
    if not spec.required:
        told["default"] = spec.default
    if spec.description:
        told["description"] = line(spec.description)
    return told


def _bounds(spec: FieldSpec) -> dict[str, float | int]:
    if spec.type not in _BOUNDS or (spec.choices and spec.type == "string"):
        return {}
    counted = spec.type in ("integer", "number")
    least, most = (spec.minimum, spec.maximum) if counted else (spec.min_length, spec.max_length)
    names = _BOUNDS[spec.type]
    return {name: number(bound) for name, bound in zip(names, (least, most), strict=True) if bound is not None}
