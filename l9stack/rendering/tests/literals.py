"""Test data as source: what is different from a sample; rows of parametrised tests are named after that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from l9stack.printable import line
from l9stack.rendering.quoting import python

_PLAIN = re.compile(r"[A-Za-z0-9_.-][A-Za-z0-9 _.-]{0,30}")


def changed(name: str, base: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """Source of `values` as what the constant `name`, whose value is `base`, becomes by the fewest changes."""
    missing = [key for key in base if key not in values]
    different = _different(base, values)
    if not missing and not different:
        return name
    if not different and len(missing) == 1:
        return f"without({name}, {python(missing[0])})"
    if missing or len(different) >= len(values):
        return python(values)
    return "{" + ", ".join([f"**{name}", *(f"{python(key)}: {python(different[key])}" for key in different)]) + "}"


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


def title(base: Mapping[str, Any], values: Mapping[str, Any], otherwise: str = "the sample") -> str:
    """What is different about some values, in a few plain words, for the id of a test."""
    words = [_said(key, value) for key, value in _different(base, values).items()]
    return line(", ".join(words))[:80] or otherwise


def row(columns: Iterable[str], name: str) -> str:
    """A `pytest.param` with the source of its columns."""
    return f"pytest.param({', '.join(columns)}, id={python(line(name))})"


def _different(base: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    # By repr: to Python, 1 and True are equal, and to a model they are not.
    return {key: value for key, value in values.items() if key not in base or repr(base[key]) != repr(value)}


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool | int | float) or value is None:
        return f"{name} {value}"
    if isinstance(value, str) and len(value) > 1 and len(set(value)) == 1:
        return f"{name} of {len(value)} characters"
    return f"{name} {value}" if isinstance(value, str) and _PLAIN.fullmatch(value) else f"another {name}"
