"""How large and how deep a document may be: refused before it is read, so that no document takes a machine down."""

from __future__ import annotations

import os

from l9stack.errors import InputError, Place, Problem

MAX_BYTES = 1 << 20
"""Bytes of one document; `L9_MAX_DOCUMENT_BYTES` sets another limit."""
MAX_DEPTH = 64
"""Levels of one document; `L9_MAX_DEPTH` sets another limit."""
MAX_VALUES = 50_000
"""Keys and values of one text, which take about a quarter of a second; as many more as documents may be larger."""
MOST_OF_LOCK = 5_000_000
"""Bytes of a lock of packages."""
MOST_OF_OWN = 64 << 20
"""Bytes of one file below `implementations`, which may be data of the user's own code."""
_MOST_BYTES, _MOST_LEVELS = 64 << 20, 200
"""What the limits may be set to: Python's own stack ends soon after."""


def most_bytes() -> int:
    """The limit in force; InputError where the environment sets one that cannot be."""
    return _limit("L9_MAX_DOCUMENT_BYTES", MAX_BYTES, _MOST_BYTES)


def most_levels() -> int:
    """The limit in force; InputError where the environment sets one that cannot be."""
    return _limit("L9_MAX_DEPTH", MAX_DEPTH, _MOST_LEVELS)


def most_values() -> int:
    """The limit in force."""
    return MAX_VALUES * max(1, most_bytes() // MAX_BYTES)


def most_of_file() -> int:
    """Bytes of one file: those of two documents; several hundred agents take one MiB."""
    return 2 * max(MAX_BYTES, most_bytes())


def _limit(variable: str, default: int, most: int) -> int:
    written = os.environ.get(variable, "")
    if not written:
        return default
    if not (written.isascii() and written.isdigit() and len(written) < 12 and 1 <= int(written) <= most):
        message = f"{variable} has to be a whole number from 1 to {most}, not {written!r}"
        raise InputError([Problem("bad-limit", message, Place(variable), "unset it, or set another")])
    return int(written)
