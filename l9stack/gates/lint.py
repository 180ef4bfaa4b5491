"""ruff over the whole tree, in one process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from l9stack.errors import Place
from l9stack.ruff_command import run_ruff

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
    folder = folder.resolve()
    run = run_ruff("check", "--select", RULES, "--output-format", "json", "--exit-zero", folder=folder)
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
