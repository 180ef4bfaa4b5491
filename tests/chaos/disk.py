"""A disk that fills up at ever other places of an extraction."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from l9stack.errors import EXIT_MACHINE
from tests.chaos import command

SIZES = (4, 16, 32, 48, 64, 96, 128, 192)
"""KiB that are left to a project whose first extraction is there already."""
ENOUGH = 64 * 1024


def full_disk(root: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Extract with ever more room, until it is enough; each failure is told without a traceback, and loses nothing."""
    if os.geteuid() != 0:
        return {"skipped": "a small disk can be mounted as root alone"}
    root.mkdir(mode=0o711)
    try:
        with _mounted(root):
            return _starved(root, say)
    except subprocess.CalledProcessError as error:
        return {"skipped": f"a small disk could not be mounted: {error.stderr.strip()}"}


@contextlib.contextmanager
def _mounted(root: Path) -> Iterator[None]:
    _run("mount", "-t", "tmpfs", "-o", f"size={ENOUGH}k,mode=711", "tmpfs", str(root))
    try:
        yield
    finally:
        _run("umount", "-l", str(root))


def _starved(root: Path, say: Callable[[str], None]) -> dict[str, Any]:
    collection = command.make(root / "project")
    _extract(root / "project", collection)
    first = [path.name for path in command.published(root / "project")]
    wrong, codes, said = [], [], ""
    for number, size in enumerate(SIZES):
        command.change(collection, number)
        used = _used(root)
        _run("mount", "-o", f"remount,size={used + size}k", str(root))
        code, told = _extract(root / "project", collection)
        _run("mount", "-o", f"remount,size={ENOUGH}k", str(root))
        codes.append(code)
        if code:
            if code != EXIT_MACHINE:
                wrong.append(f"{size} KiB: ended with {code}")
            said = told.strip().splitlines()[-1]
            if "Traceback" in told or "No space left" not in told:
                wrong.append(f"{size} KiB: no clear message: {told[-400:]}")
            now = [path.name for path in command.published(root / "project")]
            if now[: len(first)] != first:
                wrong.append(f"{size} KiB: {first} became {now}")
        wrong += [f"{size} KiB: torn: {name}" for name in command.torn(root / "project")]
        code, told = _extract(root / "project", collection)
        if code:
            wrong.append(f"{size} KiB: with room again it ended with {code}: {told[-300:]}")
        first = [path.name for path in command.published(root / "project")]
        say(f"{size} KiB left: ended with {codes[-1]}, with room again {code}")
    if not any(codes):
        wrong.append("the disk was never full")
    return {"codes": codes, "said": said, "wrong": wrong}


def _extract(root: Path, collection: Path) -> tuple[int, str]:
    process = command.start(root, collection)
    _, said = process.communicate(timeout=300)
    return process.returncode, said


def _used(root: Path) -> int:
    found = os.statvfs(root)
    return (found.f_blocks - found.f_bfree) * found.f_frsize // 1024


def _run(*arguments: str) -> None:
    subprocess.run(arguments, check=True, capture_output=True, text=True)
