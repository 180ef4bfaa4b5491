"""One lock for each collection: a second extraction is refused, and told who holds it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from l9stack.errors import LockedError
from l9stack.project import Project


@contextlib.contextmanager
def collection_lock(project: Project, collection: str, command: str, now: datetime) -> Iterator[Path]:
    """Hold the lock of `collection` for as long as the context lasts; LockedError names its holder where it is held.

    The kernel gives the lock up when the process ends, however it ends, so there is never a stale one. The file itself
    stays: removing it would let two processes lock two files of one name.
    """
    path = project.locks / f"{collection}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(f"{collection} is held by {holder(path)}") from None
        note = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "command": command,
            "since": f"{now:%Y-%m-%dT%H:%M:%S%z}",
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(note).encode(), 0)
        try:
            yield path
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(path: Path) -> str:
    """The holder of a lock file in words."""
    try:
        note = json.loads(path.read_bytes())
        return f"process {note['pid']} on {note['host']} since {note['since']} ({note['command']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
