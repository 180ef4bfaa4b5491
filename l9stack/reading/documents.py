"""YAML text to trees that know their places; whatever YAML allows and a schema never needs is refused.

Refused are tags, anchors and aliases (an alias bomb of 270 bytes explodes when walked), duplicate keys (PyYAML keeps
the last one silently), more than 1 MiB, nesting deeper than 64. Scalars follow YAML's core schema: dates stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from l9stack.errors import Place, Problem

MAX_BYTES = 1 << 20
MAX_DEPTH = 64

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


@dataclass(slots=True)
class Node:
    """A scalar, list or mapping with the place where it begins."""

    place: Place
    value: Any = None
    """For scalars: str, int, float, bool or None."""
    text: str = ""
    """For scalars: the text as written."""
    items: list[Node] | None = None
    entries: dict[str, Node] | None = None
    keys: dict[str, Place] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """`mapping`, `list` or `scalar`."""
        return "mapping" if self.entries is not None else "list" if self.items is not None else "scalar"

    def plain(self) -> Any:
        """The tree as plain Python data."""
        if self.entries is not None:
            return {key: node.plain() for key, node in self.entries.items()}
        if self.items is not None:
            return [node.plain() for node in self.items]
        return self.value

    def get(self, *names: str) -> Node | None:
        """The entry at a path of keys, or None."""
        node: Node | None = self
        for name in names:
            node = node.entries.get(name) if node is not None and node.entries is not None else None
        return node

    def walk(self) -> Iterator[Node]:
        """The node and all below it."""
        yield self
        for child in (*(self.entries or {}).values(), *(self.items or ())):
            yield from child.walk()


@dataclass(slots=True)
class Document:
    """One YAML document of a file."""

    root: Node
    index: int


class _RefusedError(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def parse(text: str, file: str, first_line: int = 1) -> tuple[list[Document], list[Problem]]:
    """All documents of `text`, and the first problem of its syntax, if any; empty documents are left out."""
    if len(text.encode()) > MAX_BYTES:
        return [], [
            Problem("too-large", f"larger than {MAX_BYTES} bytes", Place(file), "split the collection into files")
        ]
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        place = Place(file, line + first_line - 1, column)
        return [], [Problem("control-character", f"character U+{ord(found[0]):04X} is not allowed", place, "remove it")]
    try:
        return _build(text, file, first_line - 1), []
    except _RefusedError as refused:
        return [], [refused.problem]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, (mark.line if mark else 0) + first_line, (mark.column if mark else 0) + 1)
        return [], [Problem("yaml-syntax", f"not YAML: {error.problem or error.context}", place, _syntax_hint(error))]
    except (yaml.YAMLError, ValueError) as error:
        return [], [Problem("yaml-syntax", f"not YAML: {error}", Place(file, first_line), "check the file's encoding")]


def _syntax_hint(error: yaml.MarkedYAMLError) -> str:
    message = f"{error.problem} {error.context}"
    if "mapping values" in message:
        return "a `:` inside text needs quotes around the text"
    if "block" in message or "expected" in message:
        return "check the indentation of this line against the one above; a list and a mapping cannot share a level"
    return "put quotes around text with special characters"


def _build(text: str, file: str, offset: int) -> list[Document]:
    documents: list[Document] = []
    stack: list[Node] = []
    key_stack: list[tuple[str, Place] | None] = []
    root: Node | None = None

    def place_of(event: Any) -> Place:
        return Place(file, event.start_mark.line + 1 + offset, event.start_mark.column + 1)

    def attach(node: Node) -> None:
        nonlocal root
        if not stack:
            root = node
            return
        parent = stack[-1]
        if parent.items is not None:
            parent.items.append(node)
            return
        pending = key_stack[-1]
        if pending is None:
            if node.kind != "scalar":
                raise _RefusedError(
                    Problem("key-not-text", "a key has to be plain text", node.place, "use a simple name")
                )
            key = node.text
            entries = parent.entries if parent.entries is not None else {}
            if key in entries:
                first = parent.keys[key]
                message = f"key {key!r} is given twice, first at line {first.line}"
                raise _RefusedError(Problem("duplicate-key", message, node.place, "keep one of them"))
            key_stack[-1] = (key, node.place)
            return
        key, key_place = pending
        if parent.entries is not None:
            parent.entries[key] = node
        parent.keys[key] = key_place
        key_stack[-1] = None

    event: Any  # the subclasses differ in what they carry; `name` tells them apart
    for event in yaml.parse(text, Loader=_LOADER):
        name = type(event).__name__
        if name == "AliasEvent" or getattr(event, "anchor", None):
            raise _RefusedError(
                Problem("alias", "anchors and aliases are not allowed", place_of(event), "write the value out")
            )
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            raise _RefusedError(Problem("tag", f"tag {tag} is not allowed", place_of(event), "remove the tag"))
        if name == "DocumentStartEvent":
            root = None
        elif name == "DocumentEndEvent":
            if root is not None and not (root.kind == "scalar" and root.value is None):
                documents.append(Document(root, len(documents)))
        elif name == "ScalarEvent":
            quoted = bool(event.style)
            attach(Node(place_of(event), event.value if quoted else _scalar(event.value), event.value))
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            if len(stack) >= MAX_DEPTH:
                message = f"nested deeper than {MAX_DEPTH} levels"
                raise _RefusedError(Problem("too-deep", message, place_of(event), "flatten the structure"))
            node = Node(place_of(event))
            if name == "MappingStartEvent":
                node.entries = {}
            else:
                node.items = []
            attach(node)
            stack.append(node)
            key_stack.append(None)
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            stack.pop()
            key_stack.pop()
    return documents


def _scalar(text: str) -> Any:
    """A plain scalar by YAML's core schema (true/false/null only in their canonical spellings and cases)."""
    lowered = text.lower()
    if lowered in ("", "~", "null"):
        return None
    if lowered in ("true", "false") and text in (lowered, lowered.title(), lowered.upper()):
        return lowered == "true"
    if _INTEGER.match(text) and len(text) < 19:
        return int(text)
    if _FLOAT.match(text) and len(text) < 40:
        return float(text)
    return text
