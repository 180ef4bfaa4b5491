"""The bare engine: the same number of empty resources, by the same program and in the same environment."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from l9stack.engine import environment
from l9stack.project import Project
from tests.bench.scratch import Say, Scratch, run, timed

PROGRAM = Path(__file__).with_name("program")
QUIET = ("--non-interactive", "--color", "never")
STACK = "bench"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many components and dynamic resources a stack has."""

    components: int
    dynamic: int

    @classmethod
    def of(cls, scratch: Scratch, say: Say) -> Counts:
        """Those of a project's stack, by its state; the engine's own stack and providers do not count."""
        environ = {**os.environ, **environment(scratch.project, say)}
        state = json.loads(run(["pulumi", "stack", "export", "--stack", "dev", *QUIET], scratch.root, environ))
        found = [item for item in state["deployment"]["resources"] if item["type"] != "pulumi:pulumi:Stack"]
        dynamic = sum(item["type"].startswith("pulumi-python:dynamic") for item in found)
        return cls(sum(not item["custom"] for item in found), dynamic)


class Bare:
    """A program of empty resources in a folder of its own."""

    def __init__(self, root: Path, counts: Counts, say: Say) -> None:
        self._root = root
        shutil.copytree(PROGRAM, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        (root / "counts.json").write_text(json.dumps(asdict(counts)))
        self._environ = {**os.environ, **environment(Project(root), say)}
        self._call("stack", "init", STACK)

    def up(self) -> float:
        """The seconds of `pulumi up`."""
        return self._timed("up", "--skip-preview", "--yes")

    def preview(self) -> float:
        """The seconds of `pulumi preview`."""
        return self._timed("preview")

    def _call(self, *arguments: str) -> str:
        return run(["pulumi", *arguments, *QUIET], self._root, self._environ)

    def _timed(self, *arguments: str) -> float:
        return timed(["pulumi", *arguments, "--stack", STACK, *QUIET], self._root, self._environ)
