"""A pytest plugin that writes one JSON line for each outcome to the file named by `L9_TEST_REPORT`.

It runs inside the process of the generated tests.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


class Reporter:
    """Appends outcomes as they come, so that the parent can tell its reader how far the run is."""

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
        record = {"node": node, "outcome": outcome, "file": file, "line": line, "message": message[:2000]}
        self._stream.write(f"{json.dumps(record)}\n")
        self._stream.flush()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Import the library before coverage begins to trace (which makes imports three times as slow).

    From here on no bytecode is written, so that libraries, unlike the tree under test, keep theirs.
    """
    if library := os.environ.get("L9_TEST_LIBRARY"):
        importlib.import_module(library)
    sys.dont_write_bytecode = True
    yield


def pytest_configure(config: pytest.Config) -> None:
    """Register the reporter, in the controlling process only."""
    path = os.environ.get("L9_TEST_REPORT")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Reporter(Path(path)), "l9-reporter")
