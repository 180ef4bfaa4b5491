"""Path containment: what is written or read below a folder stays there, whatever a name or a link says."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from l9stack.errors import InputError, Place, Problem

CACHES = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache"})
"""Folders that Python tools leave behind when somebody runs the tests; they are no part of a tree."""


def inside(root: Path, relative: str) -> Path:
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
        [Problem("path-outside", f"{relative!r} is no plain path below its folder", Place(relative or "."),
                 "use a relative path without '..' and without links")]
    )  # fmt: skip


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
