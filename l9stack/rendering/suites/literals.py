"""Test data as source: what is different from a sample, and what a field must not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from l9stack.rendering.quoting import python


def changes(values: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    """Source of what is different from `base`: changed fields with their values, those left out as `ABSENT`."""
    parts = [f"{python(key)}: {python(value)}" for key, value in _different(base, values).items()]
    parts += [f"{python(key)}: ABSENT" for key in base if key not in values]
    return "{" + ", ".join(parts) + "}"


def wrong(rows: Iterable[tuple[Mapping[str, Any], str]]) -> str:
    """Source of values that a field must not have, by field; a row has a record, and the field that is wrong in it."""
    found: dict[str, list[str]] = {}
    for values, field in rows:
        found.setdefault(field, []).append(python(values[field]) if field in values else "ABSENT")
    return "{" + ", ".join(f"{python(field)}: [{', '.join(items)}]" for field, items in found.items()) + "}"


def _different(base: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    # By repr: to Python, 1 and True are equal, and to a model they are not.
    return {key: value for key, value in values.items() if key not in base or repr(base[key]) != repr(value)}
