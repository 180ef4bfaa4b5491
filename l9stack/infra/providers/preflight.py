"""The generated tests where agents will run: whether they passed there, before any agent starts or is replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi

from l9stack.agent.preflight._summary import PASSED, Summary
from l9stack.errors import GateError, Place, Problem
from l9stack.files import write_file
from l9stack.infra.providers.base import Props, Provider
from l9stack.project import Project

_HINT = "agents run on as they are; mend the collection or the backends, and run it again"


class PreflightProvider(Provider):
    """Looks at how the container of the tests ended. `subject` tells what was tested, as an image's name does.

    Tests that did not pass are run once more by the next `up`, also where nothing was changed: their output is kept in
    a file, and the number of files is the number of `failures` that the container is told.
    """

    inputs = ("collection", "stack", "subject", "exit_code", "printed")
    watched = ("subject", "exit_code", "printed")
    key = "collection"

    def make(self, props: Props) -> dict[str, Any]:
        """The counts of the tests.

        Raises:
            GateError: with each test that failed and its last lines, or with the reason why none could be run.
        """
        project, printed = self.project(), props.get("printed") or ""
        code, summary = int(props.get("exit_code") or 0), Summary.read(printed)
        if code == PASSED and summary is not None and summary.exit_code == PASSED:
            for left in summary.left:
                pulumi.log.warn(f"tests of {props['collection']} could not remove all that they left: {left}")
            for node in summary.again:
                pulumi.log.warn(f"{node} passed only when it was run again")
            counts = {name: getattr(summary, name) for name in ("passed", "failed", "skipped", "seconds")}
            return {"tests": counts}
        kept = _keep(project, props["stack"], props["subject"], printed)
        raise GateError(_problems(summary, code, printed, project.shown(kept)))


def failures(project: Project, stack: str, subject: str) -> int:
    """How often the tests of a subject have failed on a stack."""
    return len(list(_folder(project, stack).glob(f"{_file(subject)}.*.log")))


def _problems(summary: Summary | None, code: int, printed: str, kept: str) -> list[Problem]:
    if summary is None:
        last = "\n".join(printed.strip().splitlines()[-12:]) or "it printed nothing"
        why = "out of memory, or killed" if code == 137 else f"exit code {code}"
        return [Problem("preflight", f"the generated tests ended early: {why}\n{last}", hint=f"{_HINT}; log: {kept}")]
    if summary.reason:
        return [Problem("preflight", f"the generated tests could not be run: {summary.reason}", hint=_HINT)]
    found = [
        Problem(
            "preflight", f"{one.node.partition('::')[2] or one.node} failed\n{one.message}", Place(one.file, one.line)
        )
        for one in summary.failures
    ]
    told = f"{summary.failed} of {summary.passed + summary.failed} generated tests failed beside the stack's backends"
    return [*found, Problem("preflight", told, hint=f"{_HINT}; log: {kept}")]


def _keep(project: Project, stack: str, subject: str, printed: str) -> Path:
    path = _folder(project, stack) / f"{_file(subject)}.{failures(project, stack, subject) + 1}.log"
    write_file(path, printed.encode())
    return path


def _folder(project: Project, stack: str) -> Path:
    return project.preflight / stack


def _file(subject: str) -> str:
    return subject.rpartition(":")[2][:12]
