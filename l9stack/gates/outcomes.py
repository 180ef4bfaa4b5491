"""What a run of the generated tests measured, by agent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from l9stack.errors import Place
from l9stack.gates.registry import percent
from l9stack.model.base import Model
from l9stack.model.evidence import TestCounts
from l9stack.model.plan import Plan
from l9stack.names import AgentId

Kind = Literal["unit", "integration", "regression"]
INTEGRATION = "tests/codegen_integration/"


class TestFailure(Model):
    """One test that did not pass, where it is and what it said."""

    __test__ = False

    agent: AgentId | None
    kind: Kind
    node: str
    place: Place
    message: str


class TestRun(Model):
    """The measured results of one pytest process. `tests_by_file` counts tests that ran, by test file."""

    __test__ = False

    per_agent: dict[AgentId, TestCounts]
    collection: TestCounts
    failures: tuple[TestFailure, ...]
    tests_by_file: dict[str, int]
    integration: bool
    seconds: float


def kind_of(node: str) -> Kind:
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


def read_outcomes(report: Path) -> dict[str, dict[str, Any]]:
    """The worst outcome of every node."""
    worst: dict[str, dict[str, Any]] = {}
    rank = {"passed": 0, "skipped": 1, "failed": 2}
    for line in report.read_text(encoding="utf-8").splitlines() if report.is_file() else ():
        record = json.loads(line)
        known = worst.get(record["node"])
        if known is None or rank[record["outcome"]] > rank[known["outcome"]]:
            worst[record["node"]] = record
    return worst


def summarise(
    plan: Plan,
    agents: Iterable[AgentId],
    outcomes: Mapping[str, Mapping[str, Any]],
    coverage: Mapping[str, Any],
    *,
    integration: bool,
    seconds: float,
) -> TestRun:
    """Attribute outcomes and coverage to agents, and to the collection as a whole."""
    agents = list(agents)
    counts: dict[AgentId | None, Counter[str]] = {agent: Counter() for agent in agents}
    total: Counter[str] = Counter()
    failures, files = [], Counter[str]()
    for node, record in sorted(outcomes.items()):
        agent, kind, outcome = agent_of(node, agents), kind_of(node), record["outcome"]
        key = "skipped" if outcome == "skipped" else f"{kind}_{outcome}"
        total[key] += 1
        counts.setdefault(agent, Counter())[key] += 1
        files[node.partition("::")[0]] += outcome != "skipped" and "::" in node
        if outcome == "failed":
            place = Place(record["file"], record["line"])
            message = str(record["message"]).strip()
            failures.append(TestFailure(agent=agent, kind=kind, node=node, place=place, message=message))
    summaries = coverage.get("files", {})
    roots = {agent: f"code/{plan.agent(agent).spec.root_path}/" for agent in agents}
    per_agent = {
        agent: TestCounts(
            **counts[agent],
            coverage_percent=_coverage({p: s for p, s in summaries.items() if _owner(p, roots) == agent}),
            seconds=round(seconds, 2),
        )
        for agent in agents
    }
    own = {path: summary for path, summary in summaries.items() if _owner(path, roots)}
    return TestRun(
        per_agent=per_agent,
        collection=TestCounts(**total, coverage_percent=_coverage(own), seconds=round(seconds, 2)),
        failures=tuple(failures),
        tests_by_file=dict(sorted(files.items())),
        integration=integration,
        seconds=round(seconds, 2),
    )


def _owner(path: str, roots: Mapping[AgentId, str]) -> AgentId | None:
    """The agent with the longest root that holds the file: one agent's root may lie in another's."""
    owners = [agent for agent, root in roots.items() if path.replace("\\", "/").startswith(root)]
    return max(owners, key=lambda agent: len(roots[agent]), default=None)


def _coverage(files: Mapping[str, Any]) -> float:
    """Covered lines and branches of all, in percent; nothing measured is nothing covered."""
    summaries = [entry["summary"] for entry in files.values()]
    total = sum(entry["num_statements"] + entry.get("num_branches", 0) for entry in summaries)
    covered = sum(entry["covered_lines"] + entry.get("covered_branches", 0) for entry in summaries)
    return round(percent(covered, total), 2) if total else 0.0
