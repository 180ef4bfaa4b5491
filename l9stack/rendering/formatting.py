"""Generated Python is formatted by ruff, all of it at once, isolated from any configuration of the machine."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from l9stack.ruff_command import run_ruff

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - only ever a parent of a private folder
_PAGE = 4096


class FormattingError(Exception):
    """Rendered Python does not parse: a defect of a template, never of a user's input."""


def format_files(files: Mapping[str, str]) -> dict[str, str]:
    """The same files, imports sorted, unused ones gone, layout fixed; what is not Python stays as it is."""
    sources = {path: text.encode() for path, text in files.items() if path.endswith(".py")}
    with tempfile.TemporaryDirectory(prefix="l9-format-", dir=_roomy(sources)) as name:
        folder = Path(name).resolve()
        targets = {path: folder / path for path in sources}
        for parent in {target.parent for target in targets.values()}:
            parent.mkdir(parents=True, exist_ok=True)
        for path, data in sources.items():
            targets[path].write_bytes(data)
        _ruff("check", "--fix", "--select", "I,F401", folder=folder)
        _ruff("format", folder=folder)
        done = {path: target.read_bytes().decode() for path, target in targets.items()}
    return {path: done.get(path, text) for path, text in files.items()}


def _roomy(sources: Mapping[str, bytes]) -> str | None:
    """A file system in memory, where there is one with room to spare (a container's may be small); else the usual."""
    needed = sum(len(data) + _PAGE for data in sources.values())
    try:
        roomy = os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > 4 * needed
    except OSError:
        return None
    return str(_IN_MEMORY) if roomy else None


def _ruff(command: str, *options: str, folder: Path) -> None:
    run = run_ruff(command, "--quiet", *options, folder=folder)
    if run.returncode != 0:
        raise FormattingError(f"ruff {command} ended with {run.returncode}:\n{run.stdout}{run.stderr}")
