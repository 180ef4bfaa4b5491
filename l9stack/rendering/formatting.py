"""Generated Python is formatted by ruff, once for a whole tree, isolated from any configuration of the machine."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

LINE_LENGTH = 120
_SHARED = ("--isolated", "--no-cache", "--target-version", "py311", "--line-length", str(LINE_LENGTH), "--quiet")


class FormattingError(Exception):
    """Rendered Python does not parse: a defect of a template, never of a user's input."""


def formatted(files: Mapping[str, str]) -> dict[str, str]:
    """The same files, imports sorted, unused ones gone, layout fixed; what is not Python stays as it is."""
    with tempfile.TemporaryDirectory(prefix="l9-format-") as name:
        folder = Path(name).resolve()
        sources = {path: text for path, text in files.items() if path.endswith(".py")}
        for path, text in sources.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        _ruff("check", "--fix", "--select", "I,F401", "--config", "src=['code']", folder=folder)
        _ruff("format", folder=folder)
        done = {path: (folder / path).read_text(encoding="utf-8") for path in sources}
    return {path: done.get(path, text) for path, text in files.items()}


def _ruff(command: str, *options: str, folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "ruff", command, *_SHARED, *options, "."],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if run.returncode != 0:
        raise FormattingError(f"ruff {command} ended with {run.returncode}:\n{run.stdout}{run.stderr}")
