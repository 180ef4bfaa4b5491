"""Paths of test files, where two things may come to have one name."""

from __future__ import annotations

import itertools
from collections.abc import Container


def free(name: str, taken: Container[str]) -> str:
    """`name.py`, with a number where another file has that path."""
    numbers = itertools.chain([""], (f"_{number}" for number in itertools.count(2)))
    return next(path for number in numbers if (path := f"{name}{number}.py") not in taken)
