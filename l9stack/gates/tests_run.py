"""Phase 4: the generated tests, run for real beside real servers: agents of one wave side by side."""

from __future__ import annotations

import itertools
import json
import math
import os
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l9stack.gates.evaluation import first_failed_gate
from l9stack.gates.fork_server import ENDED, environ_of_tests, fork_server_of_tests
from l9stack.gates.groups import TestGroup, failed_dependency, groups
from l9stack.gates.outcomes import GroupRun, TestOutcome, TestRun, read_outcomes, summarise
from l9stack.local.fork_server import ForkServer
from l9stack.model.plan import Plan
from l9stack.names import AgentId
from l9stack.progress import Detail, Progress

_OPTIONS = (
    *("-q", "--tb=short", "--no-header", "-p", "no:cacheprovider"),
    "--import-mode=importlib",  # two agents may have test files of one name
)


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
    jobs: int = 2,
    parent: ForkServer | None = None,
    scratch: Path | None = None,
    stopped: Mapping[AgentId, str] | None = None,
) -> TestRun:
    """Run the tests of `agents` in `folder`, which holds the whole tree on disk, and measure branch coverage of each.

    Each agent's tests run in a process of their own, `jobs` at a time, and so does each file of tests across agents.
    An agent begins when those that it depends on hard have held; where one has not, or is in `stopped` (with the
    reason), it does not run, and neither do tests across agents that involve it. All others do.

    `backends` are the `L9_…_URL` variables of servers that are up. `import_paths` are folders of a user's own
    implementations. A process has a scrubbed environment, and its own process group, which is killed after `timeout`
    seconds; tests that had not ended by then count as one failure. What tests leave is below `scratch`, and is removed.
    """
    started = time.monotonic()
    with ExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="l9-tests-", dir=scratch))).resolve()
        if parent is None:
            parent = stack.enter_context(fork_server_of_tests(own / "warm.log"))
        runner = _Runner(folder.resolve(), own, backends, import_paths, timeout, parent)
        wanted = groups(plan, runner.folder, agents, integration=integration)
        runs, reasons = _schedule(plan, wanted, runner, progress, jobs, dict(stopped or {}))
    seconds = time.monotonic() - started
    return summarise(plan, agents, runs, reasons, wanted=wanted, integration=integration, seconds=seconds)


def _schedule(
    plan: Plan, wanted: Sequence[TestGroup], runner: _Runner, progress: Progress, jobs: int, stopped: dict[AgentId, str]
) -> tuple[list[GroupRun], dict[AgentId, str]]:
    """Run the groups, each as soon as what it needs has held; what ran, and the reasons of agents that did not.

    Files of tests across agents that are ready at the same time share processes: so they share agents that are served.
    """
    waiting, runs = list(wanted), list[GroupRun]()
    running: dict[Future[list[GroupRun]], list[TestGroup]] = {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while waiting or running:
                open_agents = {group.agent for group in (*waiting, *itertools.chain(*running.values()))}
                for group in list(waiting):
                    if group.agent in stopped:
                        waiting.remove(group)
                        break
                    if blocked := failed_dependency(group.needs, stopped):
                        waiting.remove(group)
                        if group.agent is not None:
                            stopped[group.agent] = f"it depends on {blocked}"
                        break  # others may depend on it: look at them again
                    if len(running) < jobs and not group.needs & open_agents:
                        together = _together(group, waiting, open_agents, jobs)
                        waiting = [other for other in waiting if other not in together]
                        running[pool.submit(runner.run, together)] = together
                        break
                else:
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        del running[future]
                        for run in future.result():
                            runs.append(run)
                            if run.group.agent is not None and (failed := first_failed_gate(plan, run)):
                                stopped[run.group.agent] = f"gate {failed}"
                            progress(Detail(f"{run.group.name}: {len(run.outcomes)} tests, {run.seconds:.1f} s"))
        except BaseException:
            runner.parent.close()  # nobody waits for tests that nobody looks at
            raise
    return runs, stopped


def _together(
    group: TestGroup, waiting: Sequence[TestGroup], open_agents: Collection[AgentId | None], jobs: int
) -> list[TestGroup]:
    """The group, and where it is a file of tests across agents its share of all those that are ready as well."""
    if group.agent is not None:
        return [group]
    ready = [other for other in waiting if other.agent is None and not other.needs & set(open_agents)]
    return [group, *(other for other in ready if other is not group)][: math.ceil(len(ready) / jobs)]


@dataclass(frozen=True, slots=True)
class _Runner:
    """Runs some groups at a time, in one process, for each thread that asks."""

    folder: Path
    scratch: Path
    backends: Mapping[str, str]
    import_paths: Sequence[Path]
    timeout: float
    parent: ForkServer

    def run(self, groups: Sequence[TestGroup]) -> list[GroupRun]:
        """Run groups to their end; what goes wrong with the run itself is a failure of each, and so is its time."""
        own = Path(tempfile.mkdtemp(prefix=f"{groups[0].name[:20]}-", dir=self.scratch))
        (own / "tmp").mkdir()
        (own / "pytest.ini").write_text("[pytest]\n")
        began = time.monotonic()
        code = self.parent.run(self._order(groups, own), self.timeout * len(groups))
        seconds = time.monotonic() - began
        outcomes = read_outcomes(own / "outcomes.jsonl")
        wrong = self._wrong(code, outcomes, own / "log", self.timeout * len(groups))
        report = own / "coverage.json"
        files = json.loads(report.read_bytes())["files"] if report.is_file() else {}
        return [
            GroupRun(group=group, outcomes=_of(group, groups, outcomes, wrong), coverage=files, seconds=seconds)
            for group in groups
        ]

    def _order(self, groups: Sequence[TestGroup], own: Path) -> dict[str, Any]:
        paths = [str(path.resolve()) for path in self.import_paths]
        environ = environ_of_tests()
        environ["PYTHONPATH"] = os.pathsep.join([*paths, environ["PYTHONPATH"]])
        return {
            "log": str(own / "log"),
            "report": str(own / "outcomes.jsonl"),
            "folder": str(self.folder),
            "environ": {**environ, **self.backends, "TMPDIR": str(own / "tmp")},
            "paths": paths,
            "arguments": [
                *(*_OPTIONS, "-c", str(own / "pytest.ini"), "--rootdir", str(self.folder)),
                *(group.target for group in groups),
            ],
            "root": groups[0].root,
            "coverage": str(own / "coverage.json"),
        }

    def _wrong(self, code: int | None, outcomes: Mapping[str, TestOutcome], log: Path, timeout: float) -> str:
        """What went wrong with the run itself, beside tests that failed and say so; an empty string where nothing."""
        if code is None:
            return f"the tests had not ended after {timeout:g} s\n{_tail(log)}"
        if any(outcome.outcome == "failed" for outcome in outcomes.values()):
            return ""
        return "" if code == ENDED else f"pytest ended with {code - ENDED if code >= ENDED else code}\n{_tail(log)}"


def _of(
    group: TestGroup, groups: Sequence[TestGroup], outcomes: Mapping[str, TestOutcome], wrong: str
) -> dict[str, TestOutcome]:
    """The outcomes of one group of a run."""
    alone = len(groups) == 1
    own = {node: found for node, found in outcomes.items() if alone or node.partition("::")[0] == group.target}
    if wrong:
        own[f"{group.target}/"] = TestOutcome(outcome="failed", file=group.target, line=1, message=wrong)
    return own


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").strip().splitlines()[-15:]) if log.is_file() else ""
