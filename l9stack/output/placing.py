"""What a delivery does to each file of a checkout, decided before the first one is written.

Three texts decide: as it was delivered last (base), as it lies there (disk), as it is to be delivered (new). What a
person changed alone stays; what the generator changed alone is updated; what both changed is merged, or is a conflict.
A file that nobody delivered is not touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from l9stack.errors import InputError, Place, Problem
from l9stack.files import contained_path
from l9stack.model.base import Model
from l9stack.output.ledger import FOLDER, Ledger, sha256
from l9stack.output.merge import Favour, merge

Action = Literal["create", "update", "merge", "remove", "keep", "same"]


class Step(Model):
    """One file: what is done, why it is kept where it is, and the bytes to write (None: nothing is written)."""

    path: str
    action: Action
    why: str = ""
    data: bytes | None = None

    @property
    def changes(self) -> bool:
        """Whether the file is written or removed."""
        return self.action in ("create", "update", "merge", "remove")


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be delivered: path in the checkout → bytes. `shared` paths are the same for every collection."""

    collection: str
    extraction: str
    tree_digest: str
    files: Mapping[str, bytes]
    shared: frozenset[str] = field(default_factory=frozenset)


def place(root: Path, parcel: Parcel, favour: Favour = None) -> tuple[Step, ...]:
    """Every step of a delivery, sorted by path.

    Raises:
        InputError: with all files that stand against it; the delivery is whole, or is not.
    """
    ledger, problems, steps = Ledger(root), list[Problem](), list[Step]()
    before = ledger.delivered(parcel.collection)
    others = [record for name, record in ledger.records().items() if name != parcel.collection]
    for path in sorted(before.keys() | parcel.files.keys()):
        taken = {record.collection: record.files[path] for record in others if path in record.files}
        new, base, shared = parcel.files.get(path), before.get(path), path in parcel.shared
        if base is None and shared:
            base = next(iter(taken.values()), None)  # whoever brought it, it is a delivered file
        try:
            target = _target(root, path)
            disk = target.read_bytes() if target.is_file() else None
            found = _decide(_File(path, base, disk, new, taken, shared), ledger, favour)
        except InputError as error:
            problems += error.problems
            continue
        if isinstance(found, Step):
            steps.append(found)
            problems += _unwritable(target, path) if found.changes else ()
        else:
            problems += found
    if problems:
        raise InputError(problems)
    return tuple(steps)


def _target(root: Path, path: str) -> Path:
    """The file of a delivered path: below `root`, no part of it a link, `.git` or our own record."""
    parts = path.split("/")
    if any(part.casefold() == ".git" for part in parts) or parts[0] == FOLDER:
        raise InputError([Problem("path-reserved", f"{path} is not a delivery's to write", Place(path))])
    target = contained_path(root, path)
    for folder in (target, *target.parents):
        if folder == target and folder.is_dir():
            raise InputError([Problem("in-the-way", f"{path} is a folder", Place(path), "move it away")])
        if folder != target and folder.exists() and not folder.is_dir():
            message = f"{folder.relative_to(root.resolve())} is no folder, and {path} is to lie in it"
            raise InputError([Problem("in-the-way", message, Place(path), "move it away")])
    if target.exists() and not target.is_file():
        raise InputError([Problem("in-the-way", f"{path} is no regular file", Place(path), "move it away")])
    return target


def _unwritable(target: Path, path: str) -> Iterator[Problem]:
    folder = next(folder for folder in target.parents if folder.is_dir())
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Problem("not-writable", f"{folder} cannot be written to", Place(path), "give yourself the right to")


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    base: str | None
    """The digest of the text that was delivered last; None where this collection delivered none."""
    disk: bytes | None
    new: bytes | None
    """None where the extraction has no such file any more."""
    taken: Mapping[str, str]
    """Other collections that delivered a file here, with its digest."""
    shared: bool

    def step(self, action: Action, why: str = "", data: bytes | None = None) -> Step:
        return Step(path=self.path, action=action, why=why, data=data)


def _decide(file: _File, ledger: Ledger, favour: Favour) -> Step | list[Problem]:
    disk = sha256(file.disk) if file.disk is not None else None
    if file.new is None:
        return _stale(file, disk)
    new = sha256(file.new)
    clash = sorted(name for name, digest in file.taken.items() if digest != new)
    if clash and not file.shared:
        hint = "two collections in one checkout need agents and rootpaths of their own"
        return [Problem("other-collection", f"{file.path} is delivered by {clash[0]}", Place(file.path), hint)]
    if disk == new:
        return file.step("same")
    if file.base is None and disk is None:
        return file.step("create", data=file.new)
    if disk is not None and disk in file.taken.values():
        # Another collection brought a shared file; the one of a later extraction goes on, and the older one rests.
        return file.step("same") if new == file.base else file.step("update", data=file.new)
    if file.base is None:
        hint = "move it away, or make it what would be delivered"
        return [Problem("not-ours", f"{file.path} was there before, and differs", Place(file.path), hint)]
    if disk == file.base:
        return file.step("update", data=file.new)
    if new == file.base:
        return file.step("keep", "changed by hand" if disk else "removed by hand")
    return _both(file, ledger, favour)


def _stale(file: _File, disk: str | None) -> Step:
    """A file of ours that the extraction has no more: removed, unless a person changed it or another one needs it."""
    if disk is None or file.taken:
        return file.step("same")
    if disk == file.base:
        return file.step("remove")
    return file.step("keep", "changed by hand, and no longer generated: it is yours now")


def _both(file: _File, ledger: Ledger, favour: Favour) -> Step | list[Problem]:
    """A file that a person and the generator changed."""
    new, hint = file.new or b"", "make the file hold both, or take a side: --conflicts mine, --conflicts new"
    if file.disk is None:
        if favour == "mine":
            return file.step("keep", "removed by hand")
        if favour == "new":
            return file.step("create", data=new)
        return [Problem("merge-conflict", f"{file.path} was removed by hand, and changed", Place(file.path), hint)]
    base = ledger.base(file.base or "")
    if base is None:
        if favour == "mine":
            return file.step("keep", "changed by hand")
        if favour == "new":
            return file.step("update", data=new)
        message = f"both sides changed {file.path}, and its delivered text is not kept"
        return [Problem("merge-conflict", message, Place(file.path), hint)]
    merged = merge(base, file.disk, new, favour)
    if merged.data is None:
        return [
            Problem("merge-conflict", f"both sides changed these lines\n{c.text}", Place(file.path, c.line), hint)
            for c in merged.conflicts
        ]
    if merged.data == file.disk:
        return file.step("keep", "changed by hand")
    return file.step("merge", data=merged.data)
