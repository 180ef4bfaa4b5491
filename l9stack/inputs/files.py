"""Input files as bytes, each opened once; and whether all of them still are what was read.

An edit while files are read is seen: everything that was looked at has a stamp, and reading is done over where a stamp
no longer holds, or is so young that an edit of the same moment would not show in it. So what is read was on disk at one
moment, as a whole.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from l9stack.errors import InputError, Place, Problem
from l9stack.files import CACHES

T = TypeVar("T")
_TICK = 0.012
"""Seconds in which a file can change twice under one time of change: the clock of file systems is coarse."""
_ATTEMPTS = 100


class InputFile(NamedTuple):  # made in a quarter of the time of a data class: every command does
    """A file by its name within its folder; where it cannot be taken, `fault` says why and `data` is empty."""

    name: str
    data: bytes
    sha256: str
    """The hex digest of its bytes; empty where they were not taken, which equals nothing."""
    fault: Problem | None = None

    @classmethod
    def of(cls, name: str, data: bytes) -> InputFile:
        """A file of these bytes."""
        return cls(name, data, hashlib.sha256(data).hexdigest())

    @classmethod
    def refused(cls, name: str, fault: Problem) -> InputFile:
        """A file that cannot be taken."""
        return cls(name, b"", "", fault)


class InputFolder(NamedTuple):
    """The files of a folder, sorted by name; `shown` is the folder as people see it, before the files' names."""

    shown: str
    files: tuple[InputFile, ...] = ()
    fault: Problem | None = None
    """Why nothing of it was taken."""

    def get(self, name: str) -> InputFile | None:
        """The file of that name."""
        return next((file for file in self.files if file.name == name), None)

    @property
    def faults(self) -> tuple[Problem, ...]:
        """Why files, or all of them, were not taken."""
        return (*([self.fault] if self.fault else []), *(file.fault for file in self.files if file.fault))


class FileLimits(NamedTuple):
    """What is taken of a kind of files. `code` is that of all its faults, where it has one."""

    most_bytes: int
    links: bool = False
    """Whether links to files are followed."""
    within: Path | None = None
    """The folder out of which no link may lead."""
    shown: str = ""
    """Before the file's name in messages and places."""
    code: str = ""
    hint: str = ""
    """What to do with a file that is too large."""


class Reading:
    """One attempt to read all inputs."""

    def __init__(self) -> None:
        self._began = time.time_ns()
        self._stamps: dict[Path, tuple[int, ...]] = {}

    def saw(self, path: Path) -> None:
        """Note how a path is now: a file, a folder whose entries count, or nothing at all."""
        self._stamps.setdefault(path, _stamp(path))

    def file(self, path: Path, name: str, limits: FileLimits) -> InputFile:
        """A file's bytes, or why they are not taken."""
        self.saw(path)
        place = Place(f"{limits.shown}{name}")

        def refused(code: str, message: str, hint: str) -> InputFile:
            return InputFile.refused(name, Problem(limits.code or code, message, place, hint))

        if path.is_symlink():
            if not limits.links:
                return refused("no-plain-file", "it is a link", "put the file itself there")
            if not path.exists():
                return refused("unreadable", f"{name} is a link to nothing", "put the file there, or remove the link")
            if limits.within is not None and not path.resolve().is_relative_to(limits.within.resolve()):
                message = f"{name} is a link that leads out of the collection's folder"
                return refused("link-outside", message, "put the file itself there")
        try:
            # A pipe that takes the file's place would be waited for without end.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    return refused("no-plain-file", "it is no plain file", "put the file itself there")
                if status.st_size > limits.most_bytes:
                    return refused("too-large", f"{name} is larger than {limits.most_bytes} bytes", limits.hint)
                with os.fdopen(descriptor, "rb", closefd=False) as stream:
                    return InputFile.of(name, stream.read(limits.most_bytes + 1))
            finally:
                os.close(descriptor)
        except OSError as error:
            return refused("unreadable", f"{name} cannot be read: {error.strerror}", "check who may read it")

    def settled(self) -> bool:
        """Whether all that was seen is as it was, and for so long that no change of it can be hidden."""
        now = time.time_ns()
        young = range(self._began - int(_TICK * 1e9), now + 1)
        return all(
            _stamp(path) == stamp and not any(moment in young for moment in stamp[3:])
            for path, stamp in self._stamps.items()
        )


def read_settled(read: Callable[[Reading], T], where: Place) -> T:
    """What `read` gives, once nothing that it saw changed meanwhile.

    Raises:
        InputError: it changes all the time.
    """
    for _ in range(_ATTEMPTS):
        reading = Reading()
        try:
            found = read(reading)
        except InputError:
            if reading.settled():
                raise
        else:
            if reading.settled():
                return found
        time.sleep(_TICK)
    message = "the inputs change while they are read"
    raise InputError([Problem("inputs-changing", message, where, "run it again when nothing writes to them")])


def names_below(folder: Path, reading: Reading, *, hidden: bool = True) -> list[str]:
    """The names of all files and links below a folder, sorted, without tool caches, and without what is `hidden`."""
    found: list[Path] = []
    reading.saw(folder)
    for here, folders, files in os.walk(folder, followlinks=False):
        links = [name for name in folders if Path(here, name).is_symlink()]
        folders[:] = [name for name in folders if name not in CACHES and name not in links and _shown(name, hidden)]
        for name in folders:
            reading.saw(Path(here, name))
        found += [Path(here, name) for name in (*files, *links) if _shown(name, hidden)]
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _shown(name: str, hidden: bool) -> bool:
    return hidden or not name.startswith(".")


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mode, status.st_mtime_ns, status.st_ctime_ns
