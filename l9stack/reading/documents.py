"""YAML text to trees that know their places; whatever YAML allows and a schema never needs is refused.

Refused are tags, anchors and aliases (an alias bomb of 270 bytes explodes when walked), duplicate keys (PyYAML keeps
the last one silently), control and invisible characters, more than 1 MiB a document, nesting deeper than 64, more
values and documents than any schema has. Scalars follow YAML's core schema: dates stay text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from l9stack.errors import Place, Problem
from l9stack.inputs.limits import most_bytes, most_levels, most_values
from l9stack.reading.source_text import SourceText, split_documents

MAX_DOCUMENTS = 1_000
MAX_KEY = 1_000

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
"""Control characters, line ends that editors do not show, marks that turn the direction of text, lone surrogates."""
_WORD = re.compile(r"\S+")
_BEGINS = re.compile(r"^system\s{0,9}:", re.MULTILINE | re.IGNORECASE)


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
    written_in: tuple[SourceText, int, int] | None = None
    """For scalars: the piece of a file, and from which of its characters up to which the scalar stands there."""

    def words(self) -> tuple[Place, ...]:
        """Where each word of a scalar's text stands; its own place for all where escapes hide them."""
        found = list(_words_between(*self.written_in)) if self.written_in else []
        count = len(self.text.split())
        return tuple(found) if len(found) == count else (self.place,) * count

    @property
    def kind(self) -> str:
        """`mapping`, `list` or `scalar`."""
        return "mapping" if self.entries is not None else "list" if self.items is not None else "scalar"

    @property
    def empty(self) -> bool:
        """Whether it is a null: a key with nothing behind it."""
        return self.kind == "scalar" and self.value is None

    def plain(self) -> Any:
        """The tree as plain Python data."""
        if self.entries is not None:
            return {key: node.plain() for key, node in self.entries.items()}
        if self.items is not None:
            return [node.plain() for node in self.items]
        return self.value

    def written(self) -> Any:
        """The tree as plain data, with fractions as they are written: a version `6.10` is not 6.1."""
        if self.entries is not None:
            return {key: node.written() for key, node in self.entries.items()}
        if self.items is not None:
            return [node.written() for node in self.items]
        return self.text if isinstance(self.value, float) else self.value

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
    """One YAML document of a file that is not empty."""

    root: Node


@dataclass(frozen=True, slots=True)
class MalformedDocument:
    """A document that cannot be read; `begins` says whether it has a `system`, as the first part of an agent has."""

    problem: Problem
    begins: bool


class _RefusedError(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def parse(text: str, file: str, first_line: int = 1) -> tuple[list[Document], list[Problem]]:
    """The documents of `text` that can be read, and one problem for each that cannot."""
    found = list(parse_each(SourceText(text, file, first_line)))
    documents = [item for item in found if isinstance(item, Document)]
    return documents, [item.problem for item in found if isinstance(item, MalformedDocument)]


def parse_each(text: SourceText) -> Iterator[Document | MalformedDocument]:
    """Each document of a text in its order, or what is wrong with it; empty ones are left out."""
    values = 0
    for number, piece in enumerate(split_documents(text)):
        if number == MAX_DOCUMENTS:
            message = f"more than {MAX_DOCUMENTS} documents in one text"
            problem = Problem("too-many-documents", message, piece.place(0, 0), "split the collection into files")
            yield MalformedDocument(problem, begins=True)
            return
        try:
            root, values = _parsed(piece, values)
        except _RefusedError as refused:
            yield MalformedDocument(refused.problem, begins=bool(_BEGINS.search(piece.text)))
            if refused.problem.code == "too-many-values":
                return
            continue
        if root is not None and not root.empty:
            yield Document(root)


def _parsed(text: SourceText, values: int) -> tuple[Node | None, int]:
    """The root of one document, and how many values there were up to its end."""
    if found := _CONTROL.search(text.text):
        raise _RefusedError(_control(found[0], text.place_at(found.start())))
    most = most_bytes()
    if len(text.text.encode()) > most:
        raise _RefusedError(
            Problem("too-large", f"larger than {most} bytes", text.place(0, 0), "split the collection into files")
        )
    try:
        return _Builder(text, values).build()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        lines = text.text.split("\n")
        line = min(mark.line, len(lines) - 1) if mark else 0
        place = text.place(line, min(mark.column, len(lines[line])) if mark else 0)
        hint = _syntax_hint(error, lines[line])
        raise _RefusedError(
            Problem("yaml-syntax", f"not YAML: {error.problem or error.context}", place, hint)
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        problem = Problem("yaml-syntax", f"not YAML: {error}", text.place(0, 0), "check the file's encoding")
        raise _RefusedError(problem) from error


def _control(character: str, place: Place) -> Problem:
    return Problem("control-character", f"character U+{ord(character):04X} is not allowed", place, "remove it")


def _syntax_hint(error: yaml.MarkedYAMLError, line: str) -> str:
    message = f"{error.problem} {error.context}"
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with spaces, not with tabs"
    if "mapping values" in message:
        return "a `:` inside text needs quotes around the text"
    if "block" in message or "expected" in message:
        return "check the indentation of this line against the one above; a list and a mapping cannot share a level"
    return "put quotes around text with special characters"


class _Builder:
    """Builds the tree of one document from PyYAML's events."""

    def __init__(self, text: SourceText, values: int) -> None:
        self._text = text
        self._values = values
        self._depth, self._most = most_levels(), most_values()
        self._root: Node | None = None
        self._stack: list[Node] = []
        self._keys: list[tuple[str, Place] | None] = []

    def build(self) -> tuple[Node | None, int]:
        event: Any  # the subclasses differ in what they carry; `name` tells them apart
        for event in yaml.parse(self._text.text, Loader=_LOADER):
            name = type(event).__name__
            if name == "AliasEvent" or getattr(event, "anchor", None):
                self._refuse("alias", "anchors and aliases are not allowed", event, "write the value out")
            tag = getattr(event, "tag", None)
            if tag is not None and tag != "!":
                self._refuse("tag", f"tag {tag[:MAX_KEY]} is not allowed", event, "remove the tag")
            if name == "ScalarEvent":
                self._attach(self._scalar(event))
            elif name in ("MappingStartEvent", "SequenceStartEvent"):
                if len(self._stack) >= self._depth:
                    self._refuse("too-deep", f"nested deeper than {self._depth} levels", event, "flatten the structure")
                node = Node(self._place(event))
                node.entries, node.items = ({}, None) if name == "MappingStartEvent" else (None, [])
                self._attach(node)
                self._stack.append(node)
                self._keys.append(None)
            elif name in ("MappingEndEvent", "SequenceEndEvent"):
                self._stack.pop()
                self._keys.pop()
        return self._root, self._values

    def _place(self, event: Any) -> Place:
        return self._text.place(event.start_mark.line, event.start_mark.column)

    def _refuse(self, code: str, message: str, event: Any, hint: str) -> None:
        raise _RefusedError(Problem(code, message, self._place(event), hint))

    def _scalar(self, event: Any) -> Node:
        # An escape in double quotes (`"\e"`) can write what the text itself must not hold.
        if event.style == '"' and (found := _CONTROL.search(event.value)):
            raise _RefusedError(_control(found[0], self._place(event)))
        value = event.value if event.style else scalar(event.value)
        written_in = (self._text, event.start_mark.index, event.end_mark.index)
        return Node(self._place(event), value, event.value, written_in=written_in)

    def _attach(self, node: Node) -> None:
        self._values += 1
        if self._values > self._most:
            message = f"more than {self._most} keys and values"
            raise _RefusedError(Problem("too-many-values", message, node.place, "split the collection into files"))
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        if parent.items is not None:
            parent.items.append(node)
            return
        entries = parent.entries if parent.entries is not None else {}
        pending = self._keys[-1]
        if pending is not None:
            key, parent.keys[key] = pending
            entries[key] = node
            self._keys[-1] = None
            return
        self._keys[-1] = (self._key(node, parent), node.place)

    def _key(self, node: Node, parent: Node) -> str:
        if node.kind != "scalar":
            problem = Problem("key-not-text", "a key has to be plain text", node.place, "use a simple name")
        elif len(node.text) > MAX_KEY:
            problem = Problem(
                "key-too-long", f"a key has at most {MAX_KEY} characters", node.place, "use a simple name"
            )
        elif node.text in (parent.entries or {}):
            message = f"key {node.text!r} is given twice, first at line {parent.keys[node.text].line}"
            problem = Problem("duplicate-key", message, node.place, "keep one of them")
        else:
            return node.text
        raise _RefusedError(problem)


def _words_between(text: SourceText, start: int, end: int) -> Iterator[Place]:
    if text.text[start] in "|>":  # a block begins below its header
        start = text.text.find("\n", start, end)
    quoted = text.text[start] in "'\""
    for word in _WORD.finditer(text.text, start + quoted, end - quoted):
        yield text.place_at(word.start())


def scalar(text: str) -> Any:
    """A plain scalar by YAML's core schema (true/false/null only in their canonical spellings and cases)."""
    lowered = text.lower()
    if lowered in ("", "~", "null"):
        return None
    if lowered in ("true", "false") and text in (lowered, lowered.title(), lowered.upper()):
        return lowered == "true"
    if _INTEGER.match(text) and len(text) < 19:
        return int(text)
    if _FLOAT.match(text) and len(text) < 40:
        number = float(text)
        return number if math.isfinite(number) else text
    return text
