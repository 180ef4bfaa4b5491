"""A collection's third-party packages: its own lock, checked, and installed beside l9stack's own packages."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from l9stack import agent
from l9stack.errors import InputError, Problem, ServiceError
from l9stack.files import publish, sweep, temporary_folder
from l9stack.inputs import InputFile
from l9stack.project import Project
from l9stack.reading.requirements import Pin, read_lock

AGENT_LOCK = Path(agent.__file__).with_name("requirements.txt")
"""What agents run with, by exact versions and hashes: in images, and what a collection's own lock is held against."""
_OPTIONS = ("--require-hashes", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "-q")


@dataclass(frozen=True, slots=True)
class Packages:
    """A lock: what it is called, its bytes, and their digest."""

    name: str
    data: bytes
    digest: str


def packages_of(lock: InputFile | None) -> Packages | None:
    """The packages of a collection, where it has a lock.

    Raises:
        InputError: with every entry that is not locked, or names another version than agents use.
    """
    if lock is None:
        return None
    if lock.fault:
        raise InputError([lock.fault])
    if clashes := _clashes(read_lock(lock.data, lock.name)):
        raise InputError(clashes)
    return Packages(lock.name, lock.data, lock.sha256)


def install(project: Project, packages: Packages | None) -> tuple[Path, ...]:
    """The folder of the packages, installed where it is missing, as a part of the path of imports.

    Raises:
        ServiceError: pip could not install them; the message ends with what it said.
    """
    if packages is None:
        return ()
    folder = project.packages / f"{packages.digest[:16]}-{sys.implementation.cache_tag}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        sweep(folder.parent)
        with temporary_folder(folder) as temporary, tempfile.NamedTemporaryFile(suffix=".txt") as lock:
            lock.write(packages.data)
            lock.flush()
            arguments = ["install", *_OPTIONS, "--target", str(temporary), "-r", lock.name]
            done = subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True, text=True)
            if done.returncode:
                said = "\n".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-12:])
                raise ServiceError(f"the packages of {packages.name} could not be installed:\n{said}")
            publish(temporary, folder)
    return (folder,)


def _clashes(pins: tuple[Pin, ...]) -> list[Problem]:
    """Packages that agents have already, at another version: one process cannot have both."""
    ours: dict[str, set[str]] = {}
    for pin in read_lock(AGENT_LOCK.read_bytes(), AGENT_LOCK.name):
        ours.setdefault(pin.name, set()).add(pin.version)
    hint = f"lock it with what agents use: uv pip compile --universal --generate-hashes -c {AGENT_LOCK} …"
    return [
        Problem(
            "packages-clash", f"agents use {pin.name} {_listed(ours[pin.name])}, not {pin.version}", pin.place, hint
        )
        for pin in pins
        if pin.version not in ours.get(pin.name, {pin.version})
    ]


def _listed(versions: set[str]) -> str:
    return " or ".join(sorted(versions))
