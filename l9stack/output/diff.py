"""Three texts of each file: as published, as it lies on disk, and as it would be generated now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path

from l9stack.files import files_below
from l9stack.model.base import Model
from l9stack.output.merge import Conflict, merge
from l9stack.output.patch import unified_diff

Texts = Mapping[str, bytes]


class FileChange(StrEnum):
    """What became of a file on one side."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Side(Model):
    """One side's change to a file, as a unified diff from what was published, with its added and removed lines."""

    change: FileChange
    patch: str
    added: int
    removed: int


class FileDiff(Model):
    """A file that differs. `by_hand` is the person's side, `by_inputs` that of schemas, glue, answers and templates."""

    path: str
    owner: str
    by_hand: Side | None
    by_inputs: Side | None
    conflicts: tuple[Conflict, ...] = ()

    @property
    def state(self) -> str:
        """`edited`, `regenerated`, or of both: `both-agree`, `both-merge`, `both-conflict`."""
        if self.by_inputs is None:
            return "edited"
        if self.by_hand is None:
            return "regenerated"
        if self.conflicts:
            return "both-conflict"
        return "both-agree" if self.by_hand == self.by_inputs else "both-merge"


def compare(published: Texts, on_disk: Texts, now: Texts, owner: Callable[[str], str]) -> tuple[FileDiff, ...]:
    """Every file that differs on either side, sorted by owner and path."""
    paths = published.keys() | on_disk.keys() | now.keys()
    found = (_compare(path, published.get(path), on_disk.get(path), now.get(path), owner(path)) for path in paths)
    return tuple(sorted((diff for diff in found if diff), key=lambda diff: (diff.owner, diff.path)))


def _compare(path: str, before: bytes | None, disk: bytes | None, now: bytes | None, owner: str) -> FileDiff | None:
    by_hand, by_inputs = _side(path, before, disk), _side(path, before, now)
    if by_hand is None and by_inputs is None:
        return None
    conflicts: tuple[Conflict, ...] = ()
    if by_hand and by_inputs and disk != now:
        if before is None or disk is None or now is None:
            conflicts = (Conflict(line=1, text=f"{by_hand.change} by hand, {by_inputs.change} by the inputs"),)
        else:
            conflicts = merge(before, disk, now).conflicts
    return FileDiff(path=path, owner=owner, by_hand=by_hand, by_inputs=by_inputs, conflicts=conflicts)


def _side(path: str, before: bytes | None, after: bytes | None) -> Side | None:
    if before == after:
        return None
    change = FileChange.ADDED if before is None else FileChange.REMOVED if after is None else FileChange.CHANGED
    old, new = _text(before), _text(after)
    if old == new:  # both undecodable, or one of them and nothing
        return Side(change=change, patch=f"Binary files a/{path} and b/{path} differ\n", added=0, removed=0)
    patch = unified_diff(path, old, new)
    body = [line for line in patch.partition("\n@@")[2].split("\n") if line]
    added, removed = (sum(line.startswith(sign) for line in body) for sign in "+-")
    return Side(change=change, patch=patch, added=added, removed=removed)


def _text(data: bytes | None) -> str | None:
    try:
        return data.decode() if data is not None and b"\0" not in data else None
    except UnicodeDecodeError:
        return None


def texts_below(folder: Path, paths: Iterable[str] | None = None) -> dict[str, bytes]:
    """The bytes of the files below `folder`, by relative path; for a link, where it leads to."""
    found = {}
    for path in paths if paths is not None else files_below(folder):
        file = folder / path
        found[path] = f"link to {file.readlink()}\n".encode() if file.is_symlink() else file.read_bytes()
    return found
