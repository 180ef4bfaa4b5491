"""Markdown of references: tables, and texts of the code that hold no markup."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

_CODE = re.compile(r"(`[^`]*`)")


def prose(text: str) -> str:
    """A text of the code on one line: what Markdown would read as markup stands for itself, code stays code."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(part if part.startswith("`") else re.sub(r"([<>*\[\]])", r"\\\1", part) for part in parts)


def code(text: str) -> str:
    """Inline code."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def fields_of(value: type) -> dict[str, tuple[str, str]]:
    """Of a class the annotated fields: annotation, and the string below, as its source has them."""
    (node,) = [each for each in ast.parse(inspect.getsource(value)).body if isinstance(each, ast.ClassDef)]
    found = {}
    for field, after in pairwise([*node.body, ast.Pass()]):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            below = after.value if isinstance(after, ast.Expr) else None
            about = str(below.value) if isinstance(below, ast.Constant) else ""
            found[field.target.id] = (ast.unparse(field.annotation), " ".join(about.split()))
    return found


def doc(value: object) -> str:
    """The whole docstring, on one line."""
    return " ".join((inspect.getdoc(value) or "").split())
