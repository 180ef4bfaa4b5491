"""Named checks: each is positive or negative, and one that fails does not hide the others of its test."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypedDict

PROPERTY: Final = "l9_checks"
"""The name under which a test's report carries its checks."""
_SHOWN = 300


class CheckResult(TypedDict):
    """One check that ran: `side` is positive or negative, `failure` empty where it held, else with where it arose."""

    name: str
    side: str
    failure: str
    file: str
    line: int


class ConformanceError(AssertionError):
    """Some checks of a test failed; the message has each of them."""


class _Absent:
    """A field that is left out."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Any = _Absent()
"""Stands for a field that is left out, among values that change a sample."""


class Checks:
    """The checks of one test. `rows` has those that ran, as plain data."""

    def __init__(self) -> None:
        self.rows: list[CheckResult] = []
        self._part = ""

    @contextmanager
    def positive(self, name: str) -> Iterator[None]:
        """A check that something is there, or works, as declared."""
        with self._run(name, "positive"):
            yield

    @contextmanager
    def negative(self, name: str) -> Iterator[None]:
        """A check that something is refused, is not there, or does not happen."""
        with self._run(name, "negative"):
            yield

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Checks of one thing, named after it. What goes wrong between them is a failure of its own, and ends it."""
        outer, self._part = self._part, f"{self._part}{name}: "
        try:
            yield
        except Exception as error:
            self._add("is tried", "positive", error)
        finally:
            self._part = outer

    def conclude(self) -> None:
        """Do nothing where every check held.

        Raises:
            ConformanceError: with all that failed, or where there was no check at all.
        """
        if not self.rows:
            raise ConformanceError("no check was made")
        failed = [row for row in self.rows if row["failure"]]
        if failed:
            told = "\n".join(f"  {row['name']}: {row['failure']}" for row in failed)
            raise ConformanceError(f"{len(failed)} of {len(self.rows)} checks failed\n{told}")

    @contextmanager
    def _run(self, name: str, side: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._add(name, side, error)
        else:
            self.rows.append({"name": self._part + name, "side": side, "failure": "", "file": "", "line": 0})

    def _add(self, name: str, side: str, error: Exception) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        told = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
        row: CheckResult = {
            "name": self._part + name,
            "side": side,
            "failure": told or type(error).__name__,
            "file": frame.filename,
            "line": frame.lineno or 0,
        }
        self.rows.append(row)


def same(found: object, declared: object, of: str = "") -> None:
    """Do nothing where both are equal.

    Raises:
        AssertionError: with the difference; `of` says what was compared.
    """
    if found != declared:
        raise AssertionError(f"{of}: {difference(found, declared)}" if of else difference(found, declared))


def holds(condition: object, why: str) -> None:
    """Do nothing where a condition holds.

    Raises:
        AssertionError: with the reason.
    """
    if not condition:
        raise AssertionError(why)


@contextmanager
def raising(kind: type[Exception] | tuple[type[Exception], ...], word: str = "") -> Iterator[None]:
    """Expect an error whose text has a word in it.

    Raises:
        AssertionError: where nothing is raised, or something else is said.
    """
    try:
        yield
    except kind as error:
        holds(word in str(error), f"the error does not say {word!r}: {_short(str(error))}")
        return
    raise AssertionError(f"nothing was raised, and an error about {word!r} is due" if word else "nothing was raised")


def difference(found: object, declared: object) -> str:
    """What is different about a value, beside what is declared."""
    if isinstance(found, Mapping) and isinstance(declared, Mapping):
        told = [
            f"{key!r} is {_shown(found, key)}, declared is {_shown(declared, key)}"
            for key in {**declared, **found}
            if key not in found or key not in declared or found[key] != declared[key]
        ]
        return "; ".join(told) or f"{_short(found)}, declared is {_short(declared)}"
    if _listed(found) and _listed(declared) and type(found) is type(declared):
        for number, (one, other) in enumerate(zip(found, declared, strict=False)):  # type: ignore[call-overload]
            if one != other:
                nested = isinstance(one, Mapping) and isinstance(other, Mapping)
                inner = difference(one, other) if nested else f"{_short(one)}, declared is {_short(other)}"
                return f"entry {number}{': ' if nested else ' is '}{inner}"
    return f"{_short(found)}, declared is {_short(declared)}"


def changed(sample: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A sample with some fields changed, and without those that are `ABSENT`."""
    return {name: value for name, value in {**sample, **changes}.items() if value is not ABSENT}


def title(changes: Mapping[str, Any], otherwise: str = "the sample") -> str:
    """What is different about a sample, in a few words."""
    return ", ".join(f"{name} {_said(value)}" for name, value in changes.items())[:80] or otherwise


def _said(value: Any) -> str:
    if isinstance(value, str) and len(value) > 12 and len(set(value)) == 1:
        return f"of {len(value)} characters"
    return _short(value, 40)


def _listed(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _shown(values: Mapping[Any, Any], key: object) -> str:
    return _short(values[key]) if key in values else "absent"


def _short(value: object, most: int = _SHOWN) -> str:
    text = value if isinstance(value, str) and most == _SHOWN else repr(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"
