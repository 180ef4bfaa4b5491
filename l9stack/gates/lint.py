"""ruff over the whole tree, in one process."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from l9stack.errors import Place

RULES = "E,F,W,I,B,UP,SIM,C4,PIE,RET,PLC0206"


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One finding: where, which rule, what it says."""

    place: Place
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.place.file}:{self.place.line} {self.rule} {self.message}"


def lint_findings(folder: Path) -> tuple[LintFinding, ...]:
    """Every finding in the Python files below `folder`, with paths relative to it."""
    from ruff import find_ruff_bin  # who only reads a collection needs none

    folder = folder.resolve()
    # Isolated: a ruff.toml of the machine must not decide whether a collection passes.
    options = ["--isolated", "--no-cache", "--select", RULES, "--line-length", "120", "--target-version", "py311"]
    options += ["--config", "src=['code']", "--output-format", "json", "--exit-zero", "."]
    run = subprocess.run(
        [find_ruff_bin(), "check", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if run.returncode != 0:
        raise RuntimeError(f"ruff ended with {run.returncode}: {run.stderr.strip()}")
    return tuple(
        LintFinding(
            Place(str(Path(row["filename"]).relative_to(folder)), row["location"]["row"], row["location"]["column"]),
            row["code"] or "syntax",
            row["message"],
        )
        for row in json.loads(run.stdout or "[]")
    )
