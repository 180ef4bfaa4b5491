"""JSON in one form, and read without the holes of a lenient parser."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NoReturn


def canonical(value: object) -> bytes:
    """Sorted keys, no spaces, UTF-8, no NaN: equal values have equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(value: object) -> str:
    """SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def strict_json(data: bytes) -> Any:
    """Parse JSON; ValueError for a key given twice, NaN or Infinity, or bytes that are not UTF-8."""
    return json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} is given twice")
        found[key] = value
    return found


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")
