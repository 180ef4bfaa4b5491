"""Releases that travel between machines, each as one file."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from pathlib import Path

from l9stack.errors import InputError, Place, Problem
from l9stack.evidence.canonical import strict_json
from l9stack.files import files_below, write_file
from l9stack.model.release import Release
from l9stack.project import Project
from l9stack.releases.snapshots import RECORD, Snapshot, Snapshots, release_digest

_MOST = 256 << 20
"""Bytes of all inputs together; a collection has some thousands of small files at most."""


def export_release(project: Project, short: str, file: Path) -> Snapshot:
    """Write a release to `file`, a compressed tar archive; the same release gives the same bytes."""
    kept = Snapshots(project).find(short)
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        folder = project.releases / kept.digest
        for name in sorted(files_below(folder)):
            data = (folder / name).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    write_file(file, stream.getvalue())
    return kept


def import_release(project: Project, file: Path) -> Snapshot:
    """Put a release from `file` into the project, under the digest of what it holds.

    Raises:
        InputError: the file holds no release, or one whose inputs are not what its record says.
    """
    contents = _contents(file)
    try:
        named = release_digest(Release.model_validate(strict_json(contents.get(RECORD, b""))))
    except ValueError as error:
        raise _no_release(file, "it has no release.json that can be read") from error
    snapshots = Snapshots(project)
    fresh = not (snapshots.folder / named).exists()
    snapshots.add(named, contents)
    try:
        return snapshots.open(named)
    except InputError:
        if fresh:
            snapshots.remove(named)
        raise


def _contents(file: Path) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    room = _MOST
    try:
        with tarfile.open(file, mode="r:gz") as archive:
            for entry in archive:
                stream = archive.extractfile(entry) if entry.isreg() else None
                if stream is None:
                    raise _no_release(file, f"{entry.name!r} is no plain file")
                contents[entry.name] = stream.read(room + 1)
                room -= len(contents[entry.name])
                if room < 0:
                    raise _no_release(file, f"it holds more than {_MOST >> 20} MiB")
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise _no_release(file, str(error)) from error
    return contents


def _no_release(file: Path, why: str) -> InputError:
    hint = "give a file that `l9 releases --export` wrote"
    return InputError([Problem("bad-release", f"not a release: {why}", Place(str(file)), hint)])
