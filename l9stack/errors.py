"""What can go wrong, as values and as a small tree of exceptions.

A user's mistake is a `Problem`: it has a place and a hint, problems are collected, and all are shown at once. A bug
raises as itself. The tree, with the exit code that the command line gives each:

    L9Error
    ├── InputError         1   the collection, glue, answers or meta templates are wrong
    │   └── NotDeployedError   nothing is deployed to the stack that is asked about
    ├── GateError          1   a gate did not hold
    ├── InstallationError  2   an extra that the command needs is not installed
    ├── VerificationError  1   an extraction does not match its signed evidence
    ├── LockedError        4   somebody else holds the collection
    ├── EngineError        5   the Pulumi engine is missing, or failed
    ├── ServiceError       6   a server or an agent did not start, answer or stop
    └── MachineError       7   this machine refused: disk full, no right to write, port taken
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from l9stack.printable import terminal

EXIT_OK, EXIT_INPUT, EXIT_USAGE, EXIT_DRIFT, EXIT_LOCKED, EXIT_ENGINE, EXIT_RUNTIME, EXIT_MACHINE = range(8)
EXIT_INTERRUPTED = 130
EXIT_CODES = {
    EXIT_OK: "ok",
    EXIT_INPUT: "the input is wrong, a gate failed or a verification failed",
    EXIT_USAGE: "usage",
    EXIT_DRIFT: "drift found (preview --exit-code, diff --exit-code)",
    EXIT_LOCKED: "another run holds the collection or the stack",
    EXIT_ENGINE: "the Pulumi engine is missing or failed",
    EXIT_RUNTIME: "a backend or an agent is not healthy",
    EXIT_MACHINE: "this machine refused: disk full, no right to write, port taken",
    EXIT_INTERRUPTED: "interrupted",
}
"""What each exit code of the command line means: `l9 --help` and documents say it in these words."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file that a person wrote: line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake or remark: where it is, what it is, and what to do about it.

    `code` is a stable kebab-case word that scripts may match. A `note` is told and changes no exit code.
    """

    code: str
    message: str
    place: Place | None = None
    hint: str = ""
    level: Literal["error", "note"] = "error"

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        kind = "" if self.level == "error" else "note: "
        told = f"{where}{kind}{self.code}: {self.message}" + (f"\n    hint: {self.hint}" if self.hint else "")
        return terminal(told)  # messages quote what others wrote

    def as_json(self) -> dict[str, Any]:
        """The problem as plain data, for `--json`."""
        place = self.place
        return {
            "level": self.level,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
        }


class L9Error(Exception):
    """The root of what l9stack raises on purpose. `exit_code` is what the command line returns for it."""

    exit_code = EXIT_INPUT


class InputError(L9Error):
    """What a person wrote is wrong; `problems` holds every mistake that was found, errors first, each by its place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.level, problem.place or Place(""))))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NotDeployedError(InputError):
    """Nothing is deployed to the stack that is asked about, as far as this project knows."""


class GateError(L9Error):
    """A gate of phases 0 to 6 did not hold; `problems` names agent, phase, gate, figure, threshold and place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InstallationError(L9Error):
    """An extra that the command needs is not installed; the hint of the one problem installs it."""

    exit_code = EXIT_USAGE

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class VerificationError(L9Error):
    """An extraction does not match its signed evidence; `problems` names each mismatch."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class LockedError(L9Error):
    """Another process holds the collection's lock; the message names it."""

    exit_code = EXIT_LOCKED


class EngineError(L9Error):
    """The Pulumi engine is missing, or an operation of it failed."""

    exit_code = EXIT_ENGINE


class EngineMachineError(EngineError):
    """The machine took from the Pulumi engine what it needs: its memory, room on a disk, files to open."""

    exit_code = EXIT_MACHINE


class ServiceError(L9Error):
    """A backend server or an agent did not start, answer or stop in time."""

    exit_code = EXIT_RUNTIME


class MachineError(L9Error):
    """The machine refused: its disk is full, a file may not be written, a port is taken."""

    exit_code = EXIT_MACHINE
