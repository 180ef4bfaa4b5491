"""Which problems the program can name, read from its source: each code, and where it stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.golden.case import REPOSITORY

ROOMS = (
    "inputs",
    "reading",
    "planning",
    "extraction/packages.py",
    "gates/registry.py",
    "rendering/environment.py",
)
"""What says something of a collection, its meta templates and its packages, before anything is generated."""
_TAKES_A_CODE = ("Problem", "error", "note", "_refuse", "refused")
_PRINTED = re.compile(r"^(?:\S+:\d+:\d+: )?(?:note: )?(?P<code>[a-z]+(?:-[a-z0-9]+)*): ", re.MULTILINE)


def raised() -> dict[str, str]:
    """Every code, with the first file that names it."""
    found: dict[str, str] = {}
    for file in _files():
        tree = ast.parse(file.read_text())
        named = {target.id: node.value for node in tree.body for target in _names(node)}
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
            if code := _code(call, named):
                found.setdefault(code, file.relative_to(REPOSITORY).as_posix())
    return found


def codes_in(text: str) -> set[str]:
    """The codes of the problems that a text shows."""
    return {match["code"] for match in _PRINTED.finditer(text)}


def _files() -> Iterator[Path]:
    for room in ROOMS:
        place = REPOSITORY / "l9stack" / room
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]


def _names(node: ast.stmt) -> list[ast.Name]:
    return [t for t in node.targets if isinstance(t, ast.Name)] if isinstance(node, ast.Assign) else []


def _code(call: ast.Call, named: dict[str, ast.expr]) -> str:
    """The code that a call gives to a problem; empty for other calls, and where the code is handed on."""
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first = call.args[0]
    value = named.get(first.id, first) if isinstance(first, ast.Name) else first
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
        return ""
    if function == "choice":  # `Section.choice` makes the code from the field's name
        return f"bad-{value.value.replace('_', '-')}"
    return value.value if function in _TAKES_A_CODE else ""
