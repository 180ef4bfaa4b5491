"""Digests of what images are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(parts: Iterable[bytes]) -> str:
    """A short digest of parts in their order."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:16]


def folder_digest(folder: Path) -> str:
    """A digest of the names, modes and contents of all files below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = (
        part
        for path in files
        for part in (
            str(path.relative_to(folder)).encode(),
            bytes([path.stat().st_mode & 0o100 != 0]),
            path.read_bytes(),
        )
    )
    return digest(parts)
