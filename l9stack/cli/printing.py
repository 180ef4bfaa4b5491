"""How the command line prints: results to standard output, progress and errors to standard error."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

import click

from l9stack.errors import L9Error, Problem
from l9stack.printable import terminal

_COLOURS = {
    "ok": "green",
    "healthy": "green",
    "starting": "yellow",
    "warning": "yellow",
    "missing": "red",
    "stopped": "red",
    "unhealthy": "red",
    "unreachable": "red",
    "failed": "red",
}
"""The colour of a cell by its first word."""


def is_rich(stream: TextIO) -> bool:
    """Whether colour, tables and bars may be printed: a terminal, and nothing that asks for plain lines."""
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def draws(stream: TextIO) -> bool:
    """Whether tables and bars may be drawn: what draws them comes with what generates, not with the bare package."""
    return is_rich(stream) and importlib.util.find_spec("rich") is not None


def paint(text: str, stream: TextIO, **style: Any) -> str:
    """The text in colour where `stream` takes it; `style` is that of `click.style`."""
    return click.style(text, **style) if is_rich(stream) else text


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    # It stays JSON where the encoding has no word for a letter.
    unicode = str(sys.stdout.encoding).lower().replace("-", "") == "utf8"
    print(json.dumps(document, indent=2, ensure_ascii=not unicode))


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
        print_problems(problems)
        count = sum(problem.level == "error" for problem in problems)
        print(quantity(count, "problem"), file=sys.stderr)
    else:
        print(f"{paint('error:', sys.stderr, fg='red', bold=True)} {error}", file=sys.stderr)


def print_problems(problems: Sequence[Problem]) -> None:
    """Problems, notes and questions, on standard error."""
    rich = is_rich(sys.stderr)
    for problem in problems:
        print(_coloured(problem) if rich else problem, file=sys.stderr)


def _coloured(problem: Problem) -> str:
    """The problem's own text, with its place, its code and its hint told apart."""
    text = str(problem)
    place = terminal(f"{problem.place}: ") if problem.place else ""
    code = f"{problem.code}:"
    colour = "red" if problem.level == "error" else "yellow"
    rest = text.removeprefix(place).replace(code, click.style(code, fg=colour, bold=True), 1)
    return click.style(place, bold=True) + rest.replace("\n    hint: ", f"\n    {click.style('hint:', fg='cyan')} ")


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


def print_table(rows: Sequence[Sequence[str]], *, header: bool = True) -> None:
    """Rows on standard output: on a terminal in colour and folded to its width, else as aligned plain lines."""
    if not rows:
        return
    if not draws(sys.stdout):
        print(table(rows))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, show_header=header, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for cell in rows[0]:
        drawn.add_column(Text(terminal(cell)) if header else "", overflow="fold")
    for row in rows[1:] if header else rows:
        drawn.add_row(*(Text(terminal(cell), style=_colour(cell)) for cell in row))
    Console(highlight=False).print(drawn)


def _colour(cell: str) -> str:
    return _COLOURS.get(cell.lower().partition(" ")[0].rstrip(":,"), "")
