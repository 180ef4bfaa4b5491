"""Files on disk, safely: paths that stay below their folder, and writes that happen whole or not at all.

Files and folders are made under a temporary name beside their place, then renamed. A temporary folder is locked by its
writer for as long as it lives, so that the next run can tell what a killed writer left from what a living one is
filling, and remove only the former.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from l9stack.errors import InputError, Place, Problem

_PREFIX = ".tmp-"
_OCCUPIED = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EISDIR})
_NOWHERE = Path("/dev/null")
"""Nothing is below it, and nobody can make anything there, root included."""
CACHES = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache"})
"""Folders that Python tools leave behind when somebody runs the tests; they are no part of a tree."""


def home_folder() -> Path:
    """The user's home; a folder that is not there where no home is known, or it is closed to us, as after `su`."""
    try:
        home = Path.home()
    except RuntimeError:  # a container made the user up
        return _NOWHERE
    return home if os.access(home, os.X_OK) else _NOWHERE


def contained_path(root: Path, relative: str) -> Path:
    """The path of `relative` below `root`; InputError where it is absolute, has `..`, or a link leads it elsewhere."""
    parts = relative.split("/")
    if not relative or "\0" in relative or "\\" in relative or any(part in {"", ".", ".."} for part in parts):
        raise _outside(relative)
    base = root.resolve()
    path = base.joinpath(*parts)
    # Comparing with the resolved path refuses links in any folder on the way, also those that stay below the root:
    # nobody but a person puts a link into a generated tree.
    if path.parent.resolve() != path.parent or path.is_symlink() or not path.is_relative_to(base):
        raise _outside(relative)
    return path


def _outside(relative: str) -> InputError:
    return InputError(
        [
            Problem(
                "path-outside",
                f"{relative!r} is no plain path below its folder",
                Place(relative or "."),
                "use a relative path without '..' and without links",
            )
        ]
    )


def files_below(root: Path) -> Iterator[str]:
    """The relative paths of all files and links below `root`, sorted within each folder, without tool caches."""
    for folder, folders, files in os.walk(root, followlinks=False):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in CACHES and name not in links)
        for name in sorted([*files, *links]):
            yield (here / name).relative_to(root).as_posix()


def file_digest(path: Path) -> str:
    """SHA-256 of a regular file's bytes, or an empty string for a link, a device or nothing at all."""
    if path.is_symlink() or not path.is_file():
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digests_below(root: Path) -> dict[str, str]:
    """Relative path → SHA-256 for everything below `root`; a link has an empty digest, which equals nothing."""
    return {relative: file_digest(root / relative) for relative in files_below(root)}


def write_file(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace `path` by `data`, durably: a reader sees the old bytes or the new ones, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - one spelling for every rename here, which the crash tests count
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_files(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write `files` (relative path, bytes) below `folder`, making folders as needed; paths are contained.

    Files are not synced one by one: every reader of such a folder checks digests, so a file that a power cut tore is
    seen and written again.
    """
    made: set[Path] = set()
    for relative, data in files:
        path = contained_path(folder, relative)
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_bytes(data)


def open_to_readers(folder: Path) -> None:
    """Give a folder, and all in it, the modes that images keep: everybody may read, whatever our umask says."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


@contextlib.contextmanager
def temporary_folder(beside: Path) -> Iterator[Path]:
    """An empty, locked folder on the same file system as `beside` (its parent); removed unless it was renamed away."""
    parent = beside.parent
    parent.mkdir(parents=True, exist_ok=True)
    folder, descriptor = _locked_folder(parent)
    try:
        yield folder
    finally:
        if folder.exists() and os.fstat(descriptor).st_ino == folder.stat().st_ino:
            shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        descriptor = _lock(folder)
        if descriptor is not None and folder.exists():
            os.fchmod(descriptor, 0o755)
            return folder, descriptor
        # A sweep caught the folder between its making and its locking: take another.
        if descriptor is not None:
            os.close(descriptor)


def _lock(folder: Path) -> int | None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def publish(folder: Path, target: Path) -> bool:
    """Rename `folder` to `target`; False where something is there already, which then stays as it is."""
    try:
        os.rename(folder, target)  # noqa: PTH104 - as above
    except OSError as error:
        if error.errno in _OCCUPIED:
            return False
        raise
    sync_folder(target.parent)
    return True


def sweep(parent: Path) -> None:
    """Remove what killed writers left in `parent`; folders of living writers are locked and stay."""
    if not parent.is_dir():
        return
    for path in parent.glob(f"{_PREFIX}*"):
        if path.is_dir() and not path.is_symlink():
            descriptor = _lock(path)
            if descriptor is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(descriptor)
