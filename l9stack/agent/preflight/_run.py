"""`python -m l9stack.agent.preflight FOLDER`: the generated tests of a collection, beside a stack's own backends.

The folder holds `code`, `tests` and `manifests`. Tests share servers with agents that are running, and never their
data: each has a space of its own, and what a run has left of its spaces is removed at its end. It prints the tests that
failed, each with its last lines, and then a line of JSON that `Summary.read` understands.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from l9stack.agent._manifest import memory_of
from l9stack.agent.backends import VARIABLES, BackendUrls
from l9stack.agent.declarations import MemoryDeclaration
from l9stack.agent.preflight._shared_servers import hindrance, remove_run
from l9stack.agent.preflight._summary import Failure, Summary
from l9stack.agent.testing._spaces import RUN

SECONDS = 900
"""How long all tests may take together."""
_SHOWN, _LINES = 10, 12
"""How many failures are told, and how many lines of each."""
_AGAIN = 20
"""So many failures are tried once more: the first answers of a server that has just started may come too late."""
_OPTIONS = (
    *("-q", "--tb=short", "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function"),
    "--maxfail=50",  # a server that goes away meanwhile fails every test, and each of them slowly
)


class _Plugin:
    """Gives tests the backends, and counts outcomes."""

    def __init__(self, backends: BackendUrls, summary: Summary) -> None:
        self._backends, self._summary = backends, summary
        self.failed: list[str] = []

    @pytest.fixture(scope="session")
    def l9_backends(self) -> BackendUrls:
        """The stack's own backends."""
        return self._backends

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test once: its call, or the set-up or tear-down that kept it from passing."""
        if report.when != "call" and report.passed:
            return
        if report.failed:
            file, line, _ = report.location
            self._failed(report.nodeid, file, (line or 0) + 1, report)
        elif report.skipped:
            self._summary.skipped += 1
        else:
            self._summary.passed += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be read is a failure."""
        if report.failed:
            self._failed(report.nodeid, report.nodeid.partition("::")[0], 1, report)

    def _failed(self, node: str, file: str, line: int, report: Any) -> None:
        self._summary.failed += 1
        self.failed.append(node)
        crash = getattr(report.longrepr, "reprcrash", None)
        if crash is not None and str(crash.path).endswith(file):
            line = crash.lineno
        if len(self._summary.failures) < _SHOWN:
            message = "\n".join(report.longreprtext.strip().splitlines()[-_LINES:])
            self._summary.failures.append(Failure(node, file, line, message[-1200:]))


def run(folder: Path, environ: Mapping[str, str]) -> Summary:
    """Run all tests of a folder beside the backends that an environment names; what was measured."""
    backends = BackendUrls.from_environ(environ)
    if backends is None:
        absent = ", ".join(name for name in VARIABLES.values() if not environ.get(name))
        return Summary(reason=f"backends are not named: {absent}")
    name, began = uuid.uuid4().hex[:8], time.monotonic()
    declared = _declared(folder / "manifests")
    if reason := asyncio.run(hindrance(backends, name, declared)):
        return Summary(reason=reason)
    os.environ[RUN] = name
    summary = Summary()
    try:
        with _ending_in(SECONDS):
            summary, failed = _run(folder, ["tests"], backends)
            if 0 < len(failed) <= _AGAIN and not summary.reason:
                summary = _together(summary, failed, *_run(folder, failed, backends))
    finally:
        summary.left = asyncio.run(remove_run(backends, name, declared))
    summary.seconds = round(time.monotonic() - began, 1)
    return summary


def _run(folder: Path, wanted: Sequence[str], backends: BackendUrls) -> tuple[Summary, list[str]]:
    """Run some tests of a folder; what was measured, and all that failed."""
    summary = Summary()
    plugin = _Plugin(backends, summary)
    # pytest's own report would show what no log may hold; ours is printed at the end.
    with contextlib.redirect_stdout(io.StringIO()) as told:
        paths = [str(folder / node) for node in wanted]
        ended = pytest.main([*_OPTIONS, "--rootdir", str(folder), *paths], [plugin])
    if ended == pytest.ExitCode.INTERRUPTED and not summary.failed:
        summary.reason = f"the tests were stopped, or had not ended after {SECONDS} s"
    elif not summary.failed and ended != pytest.ExitCode.OK:
        summary.reason = "no test ran" if ended == pytest.ExitCode.NO_TESTS_COLLECTED else told.getvalue()[-1200:]
    return summary, plugin.failed


def _together(first: Summary, failed: Sequence[str], second: Summary, still: Sequence[str]) -> Summary:
    """A run whose failures were tried once more."""
    second.again = sorted(set(failed) - set(still))
    second.passed += first.passed
    second.skipped += first.skipped
    return second


@contextlib.contextmanager
def _ending_in(seconds: int) -> Iterator[None]:
    """Interrupt the tests after a time, and when the container is stopped, so that what they leave is removed."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(number, interrupt)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _declared(manifests: Path) -> MemoryDeclaration:
    """The memory layers that any of the agents declares."""
    documents = [json.loads(path.read_bytes()) for path in sorted(manifests.glob("*.json"))]
    return memory_of([layer for document in documents for layer in document["memory"]["layers"]])


def redact_secrets(printed: str, environ: Mapping[str, str]) -> str:
    """A text in which no credential of the backends is to be seen."""
    words = {environ.get("AWS_SECRET_ACCESS_KEY", "")}
    for name in VARIABLES.values():
        word = urlsplit(environ.get(name, "")).password or ""
        words |= {word, unquote(word)}
    for word in sorted(words - {""}, key=len, reverse=True):
        printed = printed.replace(word, "***")
    return printed


def main(folder: Path, environ: Mapping[str, str]) -> int:
    """Run, and write what was measured to the container's log; the exit code."""
    summary = run(folder, environ)
    told = [f"{failure.node}\n{failure.message}\n" for failure in summary.failures]
    sys.stdout.write(redact_secrets("\n".join([*told, json.dumps(asdict(summary)), ""]), environ))
    return summary.exit_code
