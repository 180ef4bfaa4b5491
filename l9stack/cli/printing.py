"""How the command line prints: results to standard output, progress and errors to standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from l9stack.errors import L9Error, Problem
from l9stack.printable import terminal


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(document, indent=2, ensure_ascii=False))


def problems_of(error: L9Error) -> tuple[Problem, ...]:
    """The problems that an error carries; none for those that are one message."""
    problems: tuple[Problem, ...] = getattr(error, "problems", ())
    return problems


def print_error(error: L9Error, *, as_json: bool) -> None:
    """Every problem of an error, or its message; as JSON on standard output for scripts."""
    problems = problems_of(error)
    if as_json:
        print_json({"ok": False, "error": str(error), "problems": [problem.as_json() for problem in problems]})
        return
    if problems:
        for problem in problems:
            print(problem, file=sys.stderr)
        count = sum(problem.level == "error" for problem in problems)
        print(quantity(count, "problem"), file=sys.stderr)
    else:
        print(f"error: {error}", file=sys.stderr)


def print_problems(problems: Sequence[Problem]) -> None:
    """Notes and questions, on standard error."""
    for problem in problems:
        print(problem, file=sys.stderr)


def quantity(number: int, noun: str) -> str:
    """`1 agent`, `2 agents`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as aligned columns; cells may quote what others wrote."""
    if not rows:
        return ""
    rows = [[terminal(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


class ProgressLine:
    """Lines on standard error that say what is waited for, with the seconds since the command began."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._began = time.monotonic()

    def __call__(self, message: str) -> None:
        """Print one line."""
        if not self._quiet:
            print(f"[{time.monotonic() - self._began:5.1f}s] {message}", file=sys.stderr, flush=True)
