"""Phase 4: the generated tests, run for real in one pytest process beside real servers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from l9stack.gates.outcomes import INTEGRATION, TestRun, read_outcomes, summarise
from l9stack.model.plan import Plan
from l9stack.names import AgentId

Progress = Callable[[str], None]
PLUGINS = ("pytest_asyncio.plugin", "pytest_cov.plugin", "l9stack.gates.pytest_report", "l9stack.local.pytest_plugin")
LIBRARY = "l9stack.agent.testing"
PARALLEL_FROM = 12
"""Test files from which on a second worker pays for its start (about a second)."""
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "USER", "LD_LIBRARY_PATH", "JAVA_HOME")
_COVERAGE = """[run]
branch = True
source = code
data_file = {scratch}/coverage
[report]
include_namespace_packages = True
exclude_also =
    if TYPE_CHECKING:
"""


def run_tests(
    plan: Plan,
    folder: Path,
    agents: Sequence[AgentId],
    backends: Mapping[str, str],
    *,
    integration: bool,
    progress: Progress = lambda _message: None,
    import_paths: Sequence[Path] = (),
    timeout: float = 300.0,
    plugins: Sequence[str] = PLUGINS,
) -> TestRun:
    """Run the tests of `agents` in `folder`, which holds the whole tree on disk, and measure branch coverage.

    `backends` are the `L9_…_URL` variables of servers that are up. `import_paths` are folders of a user's own
    implementations. The process has a scrubbed environment and its own process group, which is killed after `timeout`
    seconds; tests that had not ended by then count as one failure.
    """
    folder = folder.resolve()
    targets = [f"tests/agents/{agent}" for agent in agents if (folder / f"tests/agents/{agent}").is_dir()]
    if integration and (folder / INTEGRATION).is_dir():
        # First, for its files take longest: two workers that share out whole files then end at about the same time.
        targets.insert(0, INTEGRATION.rstrip("/"))
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="l9-tests-") as name:
        scratch = Path(name)
        outcomes: dict[str, dict[str, Any]] = {}
        if targets:
            ended = _run(folder, scratch, targets, backends, import_paths, plugins, progress, timeout)
            outcomes = read_outcomes(scratch / "outcomes.jsonl")
            if ended and not any(record["outcome"] == "failed" for record in outcomes.values()):
                # pytest itself went wrong: that is a failure of every agent whose tests were to run.
                for target in targets:
                    outcomes[f"{target}/"] = {"outcome": "failed", "file": target, "line": 1, "message": ended}
        report = scratch / "coverage.json"
        coverage = json.loads(report.read_bytes()) if report.is_file() else {}
    seconds = time.monotonic() - started
    return summarise(plan, agents, outcomes, coverage, integration=integration, seconds=seconds)


def _run(
    folder: Path,
    scratch: Path,
    targets: Sequence[str],
    backends: Mapping[str, str],
    import_paths: Sequence[Path],
    plugins: Sequence[str],
    progress: Progress,
    timeout: float,
) -> str:
    """Run pytest to its end; returns what went wrong with the run itself, or an empty string."""
    # Not `coverage.rc`: with several workers, coverage removes what looks like its own files, `coverage.*`.
    (scratch / "settings.rc").write_text(_COVERAGE.format(scratch=scratch))
    (scratch / "pytest.ini").write_text("[pytest]\n")
    log = scratch / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            _command(folder, scratch, targets, plugins),
            cwd=folder,
            env=_environment(scratch, backends, import_paths, plugins),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            ended = _wait(process, scratch / "outcomes.jsonl", progress, timeout)
        finally:
            _end(process)
    tail = "\n".join(log.read_text(errors="replace").strip().splitlines()[-15:])
    if not ended:
        return f"the tests had not ended after {timeout:g} s\n{tail}"
    return "" if process.returncode in {0, 1} else f"pytest ended with {process.returncode}\n{tail}"


def _command(folder: Path, scratch: Path, targets: Sequence[str], plugins: Sequence[str]) -> list[str]:
    files = sum(1 for target in targets for _ in (folder / target).rglob("test_*.py"))
    workers = ["-p", "xdist.plugin", "-n", "2", "--dist", "loadfile"] if files >= PARALLEL_FROM else []
    return [
        *(sys.executable, "-m", "pytest", "-q", "--tb=short", "--no-header", "-p", "no:cacheprovider"),
        "--import-mode=importlib",  # two agents may have test files of one name
        *(option for plugin in plugins for option in ("-p", plugin)),
        *workers,
        *("-c", str(scratch / "pytest.ini"), "--rootdir", str(folder)),
        *("--cov=code", "--cov-branch", f"--cov-config={scratch}/settings.rc"),
        *(f"--cov-report=json:{scratch}/coverage.json", *targets),
    ]


def _environment(
    scratch: Path, backends: Mapping[str, str], import_paths: Sequence[Path], plugins: Sequence[str]
) -> dict[str, str]:
    # Nothing else of the caller's environment: tests that pass here must pass elsewhere, and secrets stay out.
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    library = Path(__file__).resolve().parents[2]
    return kept | {
        **backends,
        "PYTHONPATH": os.pathsep.join(map(str, [*(path.resolve() for path in import_paths), library])),
        "PYTHONHASHSEED": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "L9_TEST_REPORT": str(scratch / "outcomes.jsonl"),
        # Libraries keep their bytecode, or each run would compile them anew (4 s); the tree gets none.
        "L9_TEST_LIBRARY": LIBRARY if "l9stack.local.pytest_plugin" in plugins else "",
    }


def _wait(process: subprocess.Popen[bytes], report: Path, progress: Progress, timeout: float) -> bool:
    """Wait without reaping the process, so that its id, and its group's, stay taken until the group is killed."""
    started = heard = time.monotonic()
    told = 0
    while time.monotonic() - started < timeout:
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return True
        time.sleep(0.02)
        if time.monotonic() - heard > 1.0 and report.exists():
            heard = time.monotonic()
            lines = report.read_bytes().count(b"\n")
            if lines != told:
                progress(f"{lines} tests run")
                told = lines
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process's own group; it started the group, so nobody else is in it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
