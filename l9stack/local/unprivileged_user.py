"""Who Postgres runs as where we are root, which it refuses: an unprivileged user, or root under another name."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

from l9stack.errors import ServiceError
from l9stack.local import copies

Become = Callable[[], None]
"""Runs in the child before its program."""
_CLONE_NEWUSER = 0x10000000
_NAME_INSIDE = 1000


def become(folder: Path, user: int | None) -> Become | None:
    """How a server gets to own `folder`, which is given to it; None where it stays who we are.

    Raises:
        ServiceError: the user cannot pass the way to the folder, and this kernel gives no user namespace.
    """
    if user is None:
        return None
    blocked = copies.blocked_at(folder, user)
    if blocked is None:
        _give(folder, user)
        return lambda: _switch(user)
    if not _namespaces():
        raise ServiceError(
            f"Postgres runs as an unprivileged user, which cannot pass {blocked}: move the project to a folder that "
            f"others may pass (chmod o+x {blocked}), or do not run as root"
        )
    _give(folder, os.geteuid())
    return _rename


def _give(folder: Path, user: int) -> None:
    """Make the folder, with all that an earlier start left in it, the user's own."""
    folder.chmod(0o700)
    if folder.stat().st_uid == user:
        return
    os.chown(folder, user, user)
    for path in folder.rglob("*"):
        os.chown(path, user, user, follow_symlinks=False)


def _switch(user: int) -> None:
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


def _rename() -> None:
    """Enter a user namespace in which our own user has another number: not root there, and owner of the same files."""
    uid, gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "no user namespace")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_NAME_INSIDE} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{_NAME_INSIDE} {gid} 1")


@cache
def _namespaces() -> bool:
    """Whether this kernel, and the container that we may be in, let us make a user namespace."""
    try:
        done = subprocess.run(["id", "-u"], preexec_fn=_rename, capture_output=True, text=True, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.stdout.strip() == str(_NAME_INSIDE)
