"""What a run of the generated tests measured, by agent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from l9stack.errors import Place
from l9stack.gates.groups import INTEGRATION, TestGroup
from l9stack.gates.registry import percent
from l9stack.model.base import Model
from l9stack.model.evidence import TestCounts
from l9stack.model.plan import Plan
from l9stack.names import AgentId

TestKind = Literal["unit", "integration", "regression"]


class TestFailure(Model):
    """One test that did not pass, or one named check of it: where it is and what it said."""

    __test__ = False

    agent: AgentId | None
    kind: TestKind
    node: str
    place: Place
    message: str
    check: str = ""
    """The name of the check; empty where the test has none, or failed beside them."""


class CheckOutcome(Model):
    """A named check of a test, and where it failed; `failure` is empty where it held."""

    name: str
    side: Literal["positive", "negative"]
    failure: str
    file: str
    line: int


class TestOutcome(Model):
    """How one test ended, where it is, and the named checks that it made."""

    outcome: Literal["passed", "skipped", "failed"]
    file: str
    line: int
    message: str = ""
    checks: tuple[CheckOutcome, ...] = ()


class TestTally(Model):
    """What was made in one test file: tests, the named checks of them by side, and tests without named checks."""

    tests: int = 0
    positive: int = 0
    negative: int = 0
    plain: int = 0

    @property
    def checks(self) -> int:
        """Named checks, and tests that are one check of their own."""
        return self.positive + self.negative + self.plain

    def with_one(self, outcome: TestOutcome) -> TestTally:
        """The same and one test more."""
        sides = Counter(check.side for check in outcome.checks)
        return TestTally(
            tests=self.tests + 1,
            positive=self.positive + sides["positive"],
            negative=self.negative + sides["negative"],
            plain=self.plain + (not outcome.checks),
        )


@dataclass(frozen=True, slots=True)
class GroupRun:
    """What one process told: outcomes by node id, coverage's summary of each file of the group's root, wall time."""

    group: TestGroup
    outcomes: Mapping[str, TestOutcome]
    coverage: Mapping[str, Any]
    seconds: float


class TestRun(Model):
    """The measured results of the generated tests.

    `per_agent` has those agents whose tests ran; `stopped` says why others did not. `made_by_file` counts what
    ran, by test file; `not_run` are files of tests across agents that involve an agent which was stopped.
    """

    __test__ = False

    per_agent: dict[AgentId, TestCounts]
    collection: TestCounts
    failures: tuple[TestFailure, ...]
    made_by_file: dict[str, TestTally]
    integration: bool
    seconds: float
    stopped: dict[AgentId, str] = {}
    not_run: tuple[str, ...] = ()

    @property
    def all_held_back(self) -> bool:
        """Whether tests across agents are there, and none of them ran, for want of agents that hold."""
        ran = self.collection.integration_passed + self.collection.integration_failed + self.collection.skipped
        return bool(self.not_run) and not ran


def kind_of(node: str) -> TestKind:
    """The kind of a test by its node id: the folder for integration, the name for regression, else unit."""
    file, _, name = node.partition("::")
    if file.startswith(INTEGRATION):
        return "integration"
    stem = file.rpartition("/")[2]
    return "regression" if stem.startswith("test_regression") or "test_regression" in name else "unit"


def agent_of(node: str, agents: Iterable[AgentId]) -> AgentId | None:
    """The agent whose folder of tests holds the node."""
    parts = node.split("/")
    name = parts[2] if len(parts) > 3 and parts[:2] == ["tests", "agents"] else ""
    return next((agent for agent in agents if agent == name), None)


def read_outcomes(report: Path) -> dict[str, TestOutcome]:
    """The worst outcome of every node; a line that a killed process did not finish is none."""
    worst: dict[str, TestOutcome] = {}
    rank = {"passed": 0, "skipped": 1, "failed": 2}
    for line in report.read_text(encoding="utf-8").splitlines(keepends=True) if report.is_file() else ():
        if not line.endswith("\n"):
            continue
        record = json.loads(line)
        node, outcome = record.pop("node"), TestOutcome.model_validate(record)
        known = worst.get(node)
        if known is None or rank[outcome.outcome] > rank[known.outcome]:
            worst[node] = outcome
    return worst


def summarise(
    plan: Plan,
    agents: Iterable[AgentId],
    runs: Sequence[GroupRun],
    stopped: Mapping[AgentId, str],
    *,
    wanted: Iterable[TestGroup],
    integration: bool,
    seconds: float,
) -> TestRun:
    """Attribute outcomes and coverage to agents, and to the collection as a whole."""
    agents = list(agents)
    outcomes = {node: outcome for run in runs for node, outcome in run.outcomes.items()}
    counts: dict[AgentId | None, Counter[str]] = {agent: Counter() for agent in agents}
    total: Counter[str] = Counter()
    failures, files = list[TestFailure](), dict[str, TestTally]()
    for node, record in sorted(outcomes.items()):
        agent, kind, outcome = agent_of(node, agents), kind_of(node), record.outcome
        key = "skipped" if outcome == "skipped" else f"{kind}_{outcome}"
        told = Counter([key, *(f"{check.side}_checks" for check in record.checks)])
        total += told
        counts.setdefault(agent, Counter()).update(told)
        if outcome != "skipped" and "::" in node:
            file = node.partition("::")[0]
            files[file] = files.get(file, TestTally()).with_one(record)
        if outcome == "failed":
            failures += _failures(node, record, agent, kind)
    ran = {run.group.agent: run for run in runs}
    measured = [agent for agent in agents if agent in ran or agent not in stopped]
    roots = {agent.id: f"code/{agent.spec.root_path}/" for agent in plan.agents}
    own = {agent: _own_files(agent, ran[agent].coverage, roots) if agent in ran else {} for agent in measured}
    per_agent = {
        agent: TestCounts(
            **counts[agent],
            coverage_percent=_coverage(own[agent]),
            seconds=round(ran[agent].seconds, 2) if agent in ran else 0.0,
        )
        for agent in measured
    }
    together = {path: summary for files in own.values() for path, summary in files.items()}
    names = {run.group.name for run in runs}
    return TestRun(
        per_agent=per_agent,
        collection=TestCounts(**total, coverage_percent=_coverage(together), seconds=round(seconds, 2)),
        failures=tuple(failures),
        made_by_file=dict(sorted(files.items())),
        integration=integration,
        seconds=round(seconds, 2),
        stopped=dict(stopped),
        not_run=tuple(sorted(group.target for group in wanted if group.agent is None and group.name not in names)),
    )


def _failures(node: str, outcome: TestOutcome, agent: AgentId | None, kind: TestKind) -> list[TestFailure]:
    """Each check of a test that failed; the test itself where it failed beside them."""
    found = [
        TestFailure(
            agent=agent,
            kind=kind,
            node=node,
            place=Place(check.file, check.line),
            message=check.failure.strip(),
            check=check.name,
        )
        for check in outcome.checks
        if check.failure
    ]
    place = Place(outcome.file, outcome.line)
    whole = TestFailure(agent=agent, kind=kind, node=node, place=place, message=outcome.message.strip())
    return found or [whole]


def _own_files(agent: AgentId, coverage: Mapping[str, Any], roots: Mapping[AgentId, str]) -> dict[str, Any]:
    """Files whose longest root is the agent's: one agent's root may lie in another's."""
    found = {}
    for path, summary in coverage.items():
        owners = [other for other, root in roots.items() if path.replace("\\", "/").startswith(root)]
        if max(owners, key=lambda other: len(roots[other]), default=None) == agent:
            found[path] = summary
    return found


def _coverage(files: Mapping[str, Any]) -> float:
    """Covered lines and branches of all, in percent; nothing measured is nothing covered."""
    summaries = [entry["summary"] for entry in files.values()]
    total = sum(entry["num_statements"] + entry.get("num_branches", 0) for entry in summaries)
    covered = sum(entry["covered_lines"] + entry.get("covered_branches", 0) for entry in summaries)
    return round(percent(covered, total), 2) if total else 0.0
