"""One entry added to `answers.yaml` as text, so that comments and layout stay; then it is read again to be sure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l9stack.errors import InputError, Place, Problem
from l9stack.reading.documents import Node, parse

_HEAD = "# Answers to the questions of `l9 validate`: what each operation does, and settings.\n"
_MARK = "\ufeff"
_NEWLINE = "\n"


@dataclass(frozen=True, slots=True)
class Edit:
    """The new text of the file, and which of its lines (from 1) are new or changed."""

    file: Path
    before: bytes | None
    """What was read of it; None where it was not there."""
    text: str
    first: int
    last: int
    replaced: str = ""
    """What stood there before, where it did not just grow."""

    @property
    def lines(self) -> str:
        """`12`, or `12-14`."""
        return f"{self.first}-{self.last}" if self.last > self.first else f"{self.first}"

    @property
    def data(self) -> bytes:
        """The bytes to write."""
        return self.text.encode()


def add_implementation(file: Path, before: bytes | None, name: str, target: str, is_it: Callable[[str], bool]) -> Edit:
    """Say `implementation: target` of the operation `name` in what `file` held `before`.

    `is_it` tells the operation's key, whatever its spelling.

    Raises:
        InputError: the file's form leaves no safe place for it; the hint has what to write by hand.
    """
    whole = _HEAD if before is None else before.decode()  # it was read with the collection: it is UTF-8
    text = whole.removeprefix(_MARK)
    root = _root(text, file.name)
    operations = root.get("operations") if root is not None else None
    key = next((known for known in (operations.entries or {}) if is_it(known)), name) if operations else name
    begins, ends, added = _change(text, root, key, f"implementation: {target}")
    new = text[:begins] + added.replace("\n", "\r\n" if "\r\n" in text else "\n") + text[ends:]
    if _read(new, file.name) != _wanted(root, key, target):
        message = f"{file.name} has a form in which nothing can be added safely"
        hint = f"write it there yourself: `operations: {{{key}: {{implementation: {target}}}}}`"
        raise InputError([Problem("not-edited", message, Place(file.name), hint)])
    first = new.count("\n", 0, begins + len(added) - len(added.lstrip("\n"))) + 1
    last = first + added.strip("\n").count("\n")
    return Edit(file, before, whole[: len(whole) - len(text)] + new, first, last, text[begins:ends])


def _change(text: str, root: Node | None, key: str, line: str) -> tuple[int, int, str]:
    """From where to where the text is replaced, and by what."""
    operations = root.get("operations") if root is not None else None
    if root is None or operations is None:
        return (
            len(text),
            len(text),
            f"{'' if text.endswith(_NEWLINE) else _NEWLINE}\noperations:\n  {key}:\n    {line}\n",
        )
    entry = operations.get(key)
    if entry is None:
        return _within(text, operations, root.keys["operations"], f"{key}:\n  {line}", f"{key}: {{{line}}}")
    said = entry.get("behaviour")
    if said is not None:  # it says `unbound`
        begins, value = _offset(text, entry.keys["behaviour"]), _offset(text, said.place)
        quotes = 2 if text[value] in "'\"" else 0
        return begins, value + len(said.text) + quotes, line
    return _within(text, entry, operations.keys[key], line, line)


def _within(text: str, mapping: Node, key: Place, block: str, flow: str) -> tuple[int, int, str]:
    """As the first entry of a mapping, in the mapping's own style.

    Right below its key: the comments above what was its first entry are about that one.
    """
    if mapping.entries is not None and text[_offset(text, mapping.place)] == "{":
        at = _offset(text, mapping.place) + 1
        return at, at, f"{flow}, " if mapping.entries else flow
    indent = " " * (mapping.place.column - 1 if mapping.entries else key.column + 1)
    end = text.find("\n", _offset(text, key)) + 1
    at = end or len(text)
    return at, at, ("" if end else "\n") + "".join(f"{indent}{each}\n" for each in block.split("\n"))


def _offset(text: str, place: Place) -> int:
    """The index of a place in the text."""
    return sum(map(len, text.splitlines(keepends=True)[: place.line - 1])) + place.column - 1


def _root(text: str, name: str) -> Node | None:
    documents, problems = parse(text, name)
    if problems:
        raise InputError(problems)
    return documents[-1].root if documents else None


def _read(text: str, name: str) -> Any:
    """What the text says; nothing where it is no YAML."""
    documents, problems = parse(text, name)
    return documents[-1].root.plain() if documents and not problems else None


def _wanted(before: Node | None, key: str, target: str) -> dict[str, Any]:
    """What the old text said, and the one thing more."""
    data: dict[str, Any] = dict(before.plain()) if before is not None and before.entries is not None else {}
    operations = dict(data.get("operations") or {})
    entry = {name: value for name, value in (operations.get(key) or {}).items() if name != "behaviour"}
    return {**data, "operations": {**operations, key: {**entry, "implementation": target}}}
