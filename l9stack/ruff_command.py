"""ruff as a command over one folder: isolated from the machine, and from what the folder's own path looks like."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

LINE_LENGTH = 120
_SECONDS = 120
# A ruff.toml of the machine decides nothing, nor does a .gitignore of a folder above.
_ISOLATED = ("--isolated", "--no-cache", "--no-respect-gitignore", "--target-version", "py311")


def run_ruff(command: str, *options: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `ruff check` or `ruff format` over a folder that has a tree's own modules in `code/`; paths are relative."""
    from ruff import find_ruff_bin  # who only reads a collection needs none

    # Which modules are the tree's own is said by their names: a folder would be taken for a pattern, path and all.
    own = sorted({path.stem for path in (folder / "code").glob("*")})
    sorting = ("--config", f"lint.isort.known-first-party={json.dumps(own)}", "--config", "src=[]")
    return subprocess.run(
        [
            find_ruff_bin(),
            command,
            *_ISOLATED,
            "--line-length",
            str(LINE_LENGTH),
            *(sorting if command == "check" else ()),
            *options,
            ".",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )
