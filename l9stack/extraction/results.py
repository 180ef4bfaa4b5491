"""What came of the extraction of one collection among many, as plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from l9stack.errors import L9Error, Place, Problem
from l9stack.evidence.records import Records
from l9stack.extraction.extract import PublishedExtraction
from l9stack.inputs.names import collection_name
from l9stack.model.base import Model
from l9stack.project import Project


class ProblemRecord(Model):
    """A problem as data that crosses processes."""

    code: str
    message: str
    place: Place | None = None
    hint: str = ""
    level: Literal["error", "note"] = "error"

    @property
    def problem(self) -> Problem:
        """The problem that it stands for."""
        return Problem(self.code, self.message, self.place, self.hint, self.level)


class ExtractionResult(Model):
    """One collection's figures; `coverage_percent` is that of the agent with the lowest. Seconds are wall time."""

    path: str
    collection: str
    result: Literal["extracted", "unchanged", "failed"]
    folder: str = ""
    tree_digest: str = ""
    agents: int = 0
    tests_passed: int = 0
    tests_failed: int = 0
    coverage_percent: float = 0.0
    seconds: float = 0.0
    problems: tuple[ProblemRecord, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether an extraction with every gate holding is there."""
        return self.result != "failed"


def success(path: Path, project: Project, done: PublishedExtraction, seconds: float) -> ExtractionResult:
    """The result of an extraction; figures of one that was there already are those that were measured for it."""
    evidence = done.evidence or Records(project).build(done.tree_digest)
    base = ExtractionResult(
        path=str(path),
        collection=done.collection,
        result="unchanged" if done.reused else "extracted",
        folder=str(done.folder),
        tree_digest=done.tree_digest,
        seconds=round(seconds, 2),
    )
    if evidence is None:
        return base
    tests = evidence.tests
    return base.model_copy(
        update={
            "agents": len(evidence.agents),
            "tests_passed": tests.unit_passed + tests.regression_passed + tests.integration_passed,
            "tests_failed": tests.unit_failed + tests.regression_failed + tests.integration_failed,
            "coverage_percent": tests.coverage_percent,
        }
    )


def failure(path: Path, error: Exception, seconds: float) -> ExtractionResult:
    """The result of an extraction that was refused, or could not be made."""
    problems: tuple[Problem, ...] = getattr(error, "problems", ())
    if not problems:
        code = "extraction-failed" if isinstance(error, L9Error) else "system-error"
        problems = (Problem(code, str(error) or type(error).__name__, Place(str(path))),)
    return ExtractionResult(
        path=str(path),
        collection=collection_name(path),
        result="failed",
        seconds=round(seconds, 2),
        problems=tuple(
            ProblemRecord(code=item.code, message=item.message, place=item.place, hint=item.hint, level=item.level)
            for item in problems
        ),
    )
