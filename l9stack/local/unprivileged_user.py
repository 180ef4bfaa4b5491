"""Who Postgres runs as, which takes neither root nor a user without a name: an unprivileged user, or us renamed."""

from __future__ import annotations

import ctypes
import os
import pwd
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

from l9stack.errors import ServiceError
from l9stack.local import copies

Become = Callable[[], None]
"""Runs in the child before its program."""
_CLONE_NEWUSER = 0x10000000


def become(folder: Path, user: int | None) -> Become | None:
    """How a server gets to own `folder`, which is given to it; None where it stays who we are.

    Raises:
        ServiceError: the user cannot pass the way to the folder, or we have no name, and this kernel gives no user
            namespace.
    """
    if user is None:
        if not (refused := _refused(os.geteuid())):
            return None
    else:
        blocked = copies.blocked_at(folder, user)
        if blocked is None:
            _give(folder, user)
            return lambda: _switch(user)
        refused = (
            f"Postgres runs as an unprivileged user, which cannot pass {blocked}: move the project to a folder that "
            f"others may pass (chmod o+x {blocked}), or do not run as root"
        )
    inside = _name_inside()
    if inside is None or not _namespaces(inside):
        raise ServiceError(refused)
    _give(folder, os.geteuid())
    return lambda: _rename(inside)


def _refused(user: int) -> str:
    """Why Postgres does not run as this user, and what helps; empty where it does."""
    if user == 0:
        return (
            "Postgres runs as an unprivileged user, from a copy in /var/tmp, where no program may run: mount it "
            "without noexec, or do not run as root"
        )
    try:
        pwd.getpwuid(user)
    except KeyError:
        return f"Postgres wants a user with a name: give {user} a line in /etc/passwd, or run as another user"
    return ""


def _name_inside() -> int | None:
    """A user who has a name on this machine, and is not root; None where there is none."""
    for name in ("nobody", "daemon"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    return None


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


def _rename(inside: int) -> None:
    """Enter a user namespace in which our own user has another number: not root there, and owner of the same files."""
    uid, gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "no user namespace")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{inside} {gid} 1")


@cache
def _namespaces(inside: int) -> bool:
    """Whether this kernel, and the container that we may be in, let us make a user namespace."""
    try:
        done = subprocess.run(
            ["id", "-u"], preexec_fn=lambda: _rename(inside), capture_output=True, text=True, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.stdout.strip() == str(inside)
