"""Typed access to mappings: aliases are folded and noted, typos of known fields are errors with a suggestion."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from l9stack.errors import Place, Problem
from l9stack.names import name_key
from l9stack.reading.documents import Node

TYPO_RATIO = 0.84
"""How alike (difflib) an unknown key has to be to a known one to count as a typo; else it is the domain's own."""
MAX_COUNT = 10**9
_MAX_COMPARED = 500
"""Unknown keys of one mapping that are compared with the known ones: more of them are data, and comparing is slow."""
_MAX_QUOTED = 80
MAX_TEXT = 20_000
"""Characters of one text; longer ones are data, which no schema needs."""
MAX_ITEMS = 1_000
"""Entries of one list of texts."""


def quote(text: str) -> str:
    """A value as messages show it: in quotes, on one line, cut where it is long."""
    return repr(text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}…")


def suggestion(text: str, known: Iterable[str]) -> str:
    """`did you mean …?` where one of the known names is like the text, else what is known."""
    names = {name_key(name): name for name in known}
    near = difflib.get_close_matches(name_key(text[:_MAX_QUOTED]), names, 1, 0.6)
    return f"did you mean `{names[near[0]]}`?" if near else f"known: {', '.join(names.values())}"


class Section:
    """A mapping of a schema, read field by field; every mistake goes to the shared list of problems."""

    def __init__(self, node: Node | None, where: str, problems: list[Problem], place: Place) -> None:
        self.node = node if node is not None and node.entries is not None else None
        self.where = where
        self.problems = problems
        self.place = node.place if node is not None else place
        self.used: set[str] = set()
        self.places: dict[str, Place] = {}
        self._spellings: dict[str, list[str]] = defaultdict(list)
        for key in self.node.entries or {} if self.node is not None else {}:
            self._spellings[name_key(key)].append(key)
        if node is not None and node.entries is None and not node.empty:
            self.error("not-a-mapping", f"{where} has to be a mapping", node.place, "write `key: value` lines below it")

    def error(self, code: str, message: str, place: Place | None = None, hint: str = "") -> None:
        """Collect an error."""
        self.problems.append(Problem(code, message, place or self.place, hint))

    def note(self, code: str, message: str, place: Place | None = None) -> None:
        """Collect a remark."""
        self.problems.append(Problem(code, message, place or self.place, level="note"))

    def child(self, name: str) -> Node | None:
        """The node of a field under any spelling that folds to `name`; two spellings at once are an error."""
        if self.node is None or self.node.entries is None:
            return None
        found = self._spellings.get(name_key(name), [])
        if not found:
            return None
        first_time = not self.used.issuperset(found)
        self.used.update(found)
        if len(found) > 1 and first_time:
            message = f"{self.where}: {' and '.join(found)} are spellings of one field"
            self.error("two-spellings", message, self.node.keys[found[1]], f"keep `{name}`")
        if found[0] != name and first_time:
            self.note("alias", f"{found[0]} is read as {name}", self.node.keys[found[0]])
        child = self.node.entries[found[0]]
        self.places[name] = child.place
        return child

    def section(self, name: str) -> Section:
        """A nested mapping; an absent one reads as empty."""
        child = self.child(name)
        return Section(child, f"{self.where}.{name}" if self.where else name, self.problems, self.place)

    def has(self, name: str) -> bool:
        """Whether the field is there under any spelling."""
        return name_key(name) in self._spellings

    def text(self, name: str, default: str = "", *, required: bool = False) -> str:
        """A scalar as text, exactly as written; line folds are trimmed."""
        child = self.child(name)
        if child is None or child.empty:
            if required:
                self.error("missing-field", f"{self.where}: `{name}` is missing", None, self.missing(name))
            return default
        if child.kind != "scalar":
            self.error("not-text", f"{self.where}.{name} has to be text, not a {child.kind}", child.place)
            return default
        text = self._short(name, child)
        if required and not text:
            self.error("missing-field", f"{self.where}: `{name}` is empty", child.place, "write it")
        return text

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of scalars as text; a single scalar counts as a list of one."""
        child = self.child(name)
        if child is None or child.empty:
            return ()
        if child.kind == "scalar":
            return (self._short(name, child),)
        if child.items is None:
            self.error("not-a-list", f"{self.where}.{name} has to be a list", child.place)
            return ()
        if len(child.items) > MAX_ITEMS:
            message = f"{self.where}.{name} has more than {MAX_ITEMS} entries"
            self.error("too-many-items", message, child.items[MAX_ITEMS].place, "keep fewer")
        found = []
        for number, item in enumerate(child.items[:MAX_ITEMS]):
            if item.kind != "scalar" or item.value is None:
                self.error("not-text", f"{self.where}.{name}[{number}] has to be text", item.place)
                continue
            self.places[f"{name}.{number}"] = item.place
            found.append(self._short(f"{name}[{number}]", item))
        return tuple(found)

    def _short(self, name: str, node: Node) -> str:
        if len(node.text) > MAX_TEXT:
            message = f"{self.where}.{name} has more than {MAX_TEXT} characters"
            self.error("too-long", message, node.place, "say it shorter")
            return node.text[:MAX_TEXT].strip()
        return node.text.strip()

    def choice(self, name: str, known: Iterable[str], default: str) -> str:
        """One of a few words; another one is an error that names the nearest, and reads as the default."""
        text, words = self.text(name, default), tuple(known)
        if text in words or not self.has(name):
            return text
        message = f"{self.where}: {name} {quote(text)} is not known"
        code = f"bad-{name.replace('_', '-')}"
        self.error(code, message, self.places.get(name), suggestion(text, words))
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean."""
        value = self.value(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.error("not-a-boolean", f"{self.where}.{name} has to be true or false", self.places.get(name))
            return default
        return value

    def number(self, name: str) -> float | None:
        """A number, or None where the field is absent."""
        value = self.value(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.error("not-a-number", f"{self.where}.{name} has to be a number", self.places.get(name))
            return None
        return value

    def whole(self, name: str, minimum: int = 0) -> int | None:
        """A whole number from `minimum` to `MAX_COUNT`, or None where the field is absent."""
        value = self.number(name)
        if value is None:
            return None
        if not minimum <= value <= MAX_COUNT or value != int(value):
            message = f"{self.where}.{name} has to be a whole number from {minimum} to {MAX_COUNT}"
            self.error("not-a-count", message, self.places.get(name))
            return None
        return int(value)

    def value(self, name: str) -> Any:
        """The field as plain data."""
        child = self.child(name)
        return None if child is None else child.plain()

    def rest(self) -> dict[str, Node]:
        """The fields that nobody asked for."""
        entries: Mapping[str, Node] = self.node.entries or {} if self.node is not None else {}
        return {key: node for key, node in entries.items() if key not in self.used}

    def close(self, known: Iterable[str], *, strict: bool = False) -> None:
        """Refuse what is left: a likely typo of a field that is not there; in strict sections every unknown field."""
        names = {name_key(name): name for name in known}
        # A key like a field that is there as well (`modules` beside `module`) is the domain's own.
        absent = [name for name in names if name not in self._spellings]
        unknown = [key for key in self.rest() if name_key(key) not in names]
        for key in unknown[:_MAX_COMPARED]:
            place = self.node.keys[key] if self.node is not None else self.place
            near = difflib.get_close_matches(name_key(key), absent, 1, TYPO_RATIO)
            message = f"{self.where}: unknown field `{key}`"
            if near:
                self.error("unknown-field", message, place, f"did you mean `{names[near[0]]}`?")
            elif strict:
                self.error("unknown-field", message, place, f"known: {', '.join(names.values())}")

    def missing(self, name: str) -> str:
        """A hint for a field that is missing: the key that may be meant by it, else to add it."""
        rest = list(islice((key for key in self.rest() if len(key) < _MAX_QUOTED), _MAX_COMPARED))
        near = difflib.get_close_matches(name, rest, 1, 0.6)
        return f"did you mean it by `{near[0]}`?" if near else f"add `{name}:`"
