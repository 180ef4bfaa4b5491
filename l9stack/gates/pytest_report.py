"""What pytest tells of each test, as one JSON line for each outcome. It runs in the process of the generated tests."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from l9stack.agent.conformance._checks import PROPERTY, CheckResult

OWN = "implementations"
"""The name of the folder of a user's own code, which is on the path of imports."""


class Reporter:
    """A plugin that appends outcomes to a file as they come: what was told is kept when the process is killed."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("a", encoding="utf-8")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the outcome of a test: its call, or the set-up or tear-down that kept it from passing."""
        if report.when != "call" and report.passed:
            return
        file, line, _ = report.location
        self._write(report.nodeid, report.outcome, file, (line or 0) + 1, report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Write a file that could not be collected as a failure of its own."""
        if report.failed:
            self._write(report.nodeid, "failed", report.nodeid.partition("::")[0], 1, report)

    def _write(self, node: str, outcome: str, file: str, line: int, report: Any) -> None:
        crash = getattr(report.longrepr, "reprcrash", None)
        message = "" if outcome == "passed" else (crash.message if crash else str(report.longrepr or ""))
        if crash and crash.path.endswith(file):
            line = crash.lineno
        elif crash:
            file, line = _own_place(crash.path, crash.lineno) or (file, line)
        checks = [_check(row, file, line) for row in dict(getattr(report, "user_properties", ())).get(PROPERTY, ())]
        record = {
            "node": node,
            "outcome": outcome,
            "file": file,
            "line": line,
            "message": message[:2000],
            "checks": checks,
        }
        self._stream.write(f"{json.dumps(record)}\n")
        self._stream.flush()


def _check(row: CheckResult, file: str, line: int) -> dict[str, Any]:
    """A named check of a test; it failed in the user's own code, or is told at the place of its test."""
    if row["failure"]:
        file, line = _own_place(row["file"], row["line"]) or (file, line)
    told = {"name": row["name"], "side": row["side"], "failure": row["failure"][:2000]}
    return {**told, "file": file, "line": line}


def _own_place(crashed: str, line: int) -> tuple[str, int] | None:
    """Where an exception came out of the user's own code, relative to the collection: that is the place to look at."""
    path = Path(crashed)
    folder = next((Path(name) for name in sys.path if Path(name).name == OWN and path.is_relative_to(name)), None)
    return (f"{OWN}/{path.relative_to(folder).as_posix()}", int(line)) if folder else None
