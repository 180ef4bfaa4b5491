"""Supervisors whose run folder was removed while they ran: nobody can reach them, and what they started goes on."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

_PROC = Path("/proc")
_MODULE = b"l9stack.local.supervisor"
_SECONDS = 10.0


def find_strays(run: Path) -> tuple[int, ...]:
    """Process ids of supervisors of the folder `run` that hold a lock file which is there no more.

    Everything that a supervisor has started ends with it. Where processes cannot be listed, there are none to be found.
    """
    return tuple(sorted(pid for pid in _supervisors(os.fsencode(run.resolve())) if _has_lost_lock(pid, run.resolve())))


def end_strays(run: Path) -> tuple[int, ...]:
    """End them; the process ids of those that ran."""
    strays = find_strays(run)
    for pid in strays:
        _send(pid, signal.SIGTERM)
    deadline = time.monotonic() + _SECONDS
    while any((_PROC / str(pid)).exists() for pid in strays):
        if time.monotonic() > deadline:
            for pid in strays:
                _send(pid, signal.SIGKILL)
            break
        time.sleep(0.02)
    return strays


def _supervisors(run: bytes) -> list[int]:
    found = []
    for folder in _PROC.iterdir() if _PROC.is_dir() else ():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:  # it has ended, or is another user's
                continue
            if _MODULE in words and run in words:
                found.append(int(folder.name))
    return found


def _has_lost_lock(pid: int, run: Path) -> bool:
    lost = f"{run / 'supervisor.lock'} (deleted)"
    try:
        return any(str(link.readlink()) == lost for link in (_PROC / str(pid) / "fd").iterdir())
    except OSError:
        return False


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
