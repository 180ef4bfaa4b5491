"""Deliver an extraction into a checkout: all of it or nothing, and a run that was killed is finished by the next one.

In this order, each step durable: the generated texts, a note of what is about to be written, the files (staged, then
renamed), what is stale, the record. Until the record is written, the note tells the next run which files are ours.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from l9stack.errors import InputError, LockedError, Place, Problem
from l9stack.files import CACHES, contained_path, sync_folder, temporary_folder, write_file
from l9stack.model.base import Model
from l9stack.output.ledger import BASE, FOLDER, DeliveryRecord, Ledger, PendingDelivery, as_bytes, is_missing, sha256
from l9stack.output.merge import Favour
from l9stack.output.placing import Parcel, Step, place


class Delivery(Model):
    """What was done, or with `dry_run` would be. `record` are the paths of the record and of the texts it names."""

    steps: tuple[Step, ...]
    changed: bool
    record: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """What a commit of this delivery holds: all but what a person changed."""
        return (*(step.path for step in self.steps if step.action != "keep"), *self.record)

    def count(self, action: str) -> int:
        """How many files an action concerns."""
        return sum(step.action == action for step in self.steps)


def deliver(root: Path, parcel: Parcel, favour: Favour = None, *, dry_run: bool = False) -> Delivery:
    """Put a parcel into the folder `root`; where nothing is to be done, nothing is written.

    Raises:
        InputError: a file stands against it, or cannot be written.
        LockedError: another delivery into the same folder runs.
    """
    try:
        steps = place(root, parcel, favour)
        needed = _needed(root, parcel, steps)
        if dry_run or not needed:
            return Delivery(steps=steps, changed=needed, record=_record_paths(parcel))
        with _locked(contained_path(root, FOLDER)):
            # Again, for the checkout may have changed until the lock was held.
            return _apply(root, parcel, place(root, parcel, favour))
    except OSError as error:
        message = f"{error.filename or root}: {error.strerror}"
        hint = "set it right and deliver again: the next run finishes what this one began"
        raise InputError([Problem("not-delivered", message, Place(str(root)), hint)]) from error


def _record_paths(parcel: Parcel) -> tuple[str, ...]:
    digests = sorted({sha256(data) for data in parcel.files.values()})
    return (f"{FOLDER}/{parcel.collection}.json", *(f"{BASE}/{digest}" for digest in digests))


def _record(parcel: Parcel) -> DeliveryRecord:
    return DeliveryRecord(
        collection=parcel.collection,
        extraction=parcel.extraction,
        tree_digest=parcel.tree_digest,
        files={path: sha256(data) for path, data in sorted(parcel.files.items())},
    )


def _needed(root: Path, parcel: Parcel, steps: tuple[Step, ...]) -> bool:
    ledger, record = Ledger(root), _record(parcel)
    path = ledger.path(parcel.collection)
    return (
        any(step.changes for step in steps)
        or not path.is_file()
        or path.read_bytes() != as_bytes(record)
        or ledger.pending_path(parcel.collection).exists()
        or is_missing(ledger, record.files.values())
    )


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the checkout for one delivery; the lock ends with the process, and leaves nothing behind."""
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(f"another delivery into {folder.parent} runs") from None
        yield
    finally:
        os.close(descriptor)


def _apply(root: Path, parcel: Parcel, steps: tuple[Step, ...]) -> Delivery:
    ledger, record = Ledger(root), _record(parcel)
    texts = {sha256(data): data for data in parcel.files.values()}
    writes = {step.path: step.data for step in steps if step.data is not None}
    removed = [step.path for step in steps if step.action == "remove"]
    ledger.clean()
    ledger.keep(texts)
    pending = PendingDelivery(
        record=sha256(as_bytes(record)),
        before=ledger.delivered(parcel.collection),
        generated={path: sha256(parcel.files[path]) for path in writes},
        written={path: sha256(data) for path, data in writes.items()},
    )
    write_file(ledger.pending_path(parcel.collection), as_bytes(pending))
    _write(root, writes)
    for path in removed:
        target = contained_path(root, path)
        target.unlink(missing_ok=True)
        _remove_empty(target.parent, root.resolve())
    write_file(ledger.path(parcel.collection), as_bytes(record))
    pruned = ledger.prune(parcel.collection)
    ledger.pending_path(parcel.collection).unlink()
    return Delivery(steps=steps, changed=True, record=(*_record_paths(parcel), *pruned))


def _write(root: Path, writes: dict[str, bytes]) -> None:
    """Stage all files, then rename each to its place: a full disk is met before the first file changes."""
    with temporary_folder(root / FOLDER / "staged") as staged:
        targets = []
        for number, (path, data) in enumerate(sorted(writes.items())):
            target = contained_path(root, path)
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
            write_file(staged / str(number), data, mode)
            targets.append((staged / str(number), target))
        folders = dict.fromkeys(target.parent for _, target in targets)
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        for source, target in targets:
            os.replace(source, target)  # noqa: PTH105 - as in l9stack.files
        for folder in folders:
            sync_folder(folder)


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder in which nothing is left but caches of Python tools, and its parents likewise."""
    while folder != root and folder.is_dir():
        left = list(folder.iterdir())
        if any(path.name not in CACHES or path.is_symlink() or not path.is_dir() for path in left):
            return
        for path in left:
            shutil.rmtree(path)
        folder.rmdir()
        folder = folder.parent
