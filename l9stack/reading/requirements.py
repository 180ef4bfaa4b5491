"""A lock of Python packages, as `uv pip compile --generate-hashes` and pip-tools write it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from l9stack.errors import InputError, Place, Problem

_PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[A-Za-z0-9._, -]*\])?\s*==\s*(?P<version>[A-Za-z0-9.!+_-]+)"
    r"\s*(;(?P<marker>[^#]*?))?(?P<hashes>(\s+--hash=\S+)*)\s*"
)
_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})")
_HINT = "lock it: uv pip compile --universal --generate-hashes requirements.in -o requirements.txt"


@dataclass(frozen=True, slots=True)
class Pin:
    """A package at one version; `name` is in its canonical form."""

    name: str
    version: str
    place: Place


def read_lock(data: bytes, shown: str) -> tuple[Pin, ...]:
    """The packages of a lock, each of which names one version and the hashes of its files.

    `shown` is the file as people see it.

    Raises:
        InputError: with every entry that is not locked.
    """
    pins, problems = [], []
    for line, column, entry in _entries(data.decode("utf-8", errors="replace")):
        place, found = Place(shown, line, column), _PINNED.fullmatch(entry)
        if wrong := _wrong(entry, found):
            problems.append(Problem("not-locked", wrong, place, _HINT))
        elif found is not None:
            pins.append(Pin(canonical(found["name"]), found["version"], place))
    if problems:
        raise InputError(problems)
    return tuple(pins)


def canonical(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _wrong(entry: str, found: re.Match[str] | None) -> str:
    """Why an entry is not locked; an empty string where it is."""
    if found is None:
        what = entry.partition(" --hash")[0][:80]
        return f"{what}: options are not followed" if what.startswith("-") else f"{what} names no version by `==`"
    hashes = found["hashes"].split()
    if not hashes:
        return f"{found['name']}=={found['version']} has no hash"
    bad = [each for each in hashes if not _HASH.fullmatch(each)]
    return f"{found['name']}=={found['version']}: {bad[0][:40]} is no SHA-2 hash" if bad else ""


def _entries(text: str) -> list[tuple[int, int, str]]:
    """Each entry with its line and column; a backslash at a line's end continues it, `#` begins a comment."""
    found: list[tuple[int, int, str]] = []
    begun, parts = (0, 0), list[str]()
    for number, whole in enumerate(text.splitlines(), start=1):
        line = re.sub(r"(^|\s)#.*$", "", whole)
        if not parts and line.strip():
            begun = number, len(line) - len(line.lstrip()) + 1
        continued = line.rstrip().endswith("\\")
        if line.strip():
            parts.append(line.rstrip().removesuffix("\\").strip())
        if parts and not continued:
            found.append((*begun, " ".join(parts)))
            parts = []
    return [*found, (*begun, " ".join(parts))] if parts else found
