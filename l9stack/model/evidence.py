"""Measured results as versioned data; reports and manifests are printed from it."""

from __future__ import annotations

from typing import Literal

from l9stack.errors import Place
from l9stack.model.base import Model
from l9stack.names import AgentId


class GateResult(Model):
    """One gate of one agent (None: of the collection): the measured figure beside its threshold."""

    gate: str
    phase: int
    agent: AgentId | None
    figure: float
    threshold: float
    unit: str
    passed: bool
    detail: str = ""
    place: Place | None = None


class TestCounts(Model):
    """Results of generated tests by kind; `seconds` is wall time of the run that they came from.

    A test may make many named checks, each positive or negative; it passed where all of them held.
    """

    __test__ = False  # not a test case, whatever pytest makes of its name

    unit_passed: int = 0
    unit_failed: int = 0
    integration_passed: int = 0
    integration_failed: int = 0
    regression_passed: int = 0
    regression_failed: int = 0
    skipped: int = 0
    positive_checks: int = 0
    negative_checks: int = 0
    coverage_percent: float = 0.0
    seconds: float = 0.0


class ServerVersion(Model):
    """A backend that the tests really ran against."""

    layer: str
    product: str
    version: str


class AgentEvidence(Model):
    """Build evidence of one agent, bound to the digest of its files."""

    agent: AgentId
    digest: str
    run_id: str
    """Identifies the run that measured it; results that are carried over keep theirs."""
    measured_at: str
    carried_over: bool = False
    results: tuple[GateResult, ...]
    tests: TestCounts
    servers: tuple[ServerVersion, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every gate held."""
        return all(result.passed for result in self.results)


class TodoItem(Model):
    """An entry of phase 0's locked plan. `lines` are those of the rendered file, empty where it was not made.

    `action` is `create`, `import` (an existing module) or `record` (a contract outside the collection). `origin` says
    of what was created whether we generated it, or somebody else wrote it and it was imported.
    """

    id: str
    agent: AgentId | None
    file: str
    lines: str
    action: str
    target: str
    origin: Literal["generated", "imported"] = "generated"


class BuildEvidence(Model):
    """Build evidence of a whole collection: phases 0 to 6."""

    schema_version: Literal[1] = 1
    collection: str
    tree_digest: str
    input_digest: str
    generator: str
    run_id: str
    measured_at: str
    agents: tuple[AgentEvidence, ...]
    results: tuple[GateResult, ...]
    tests: TestCounts
    todo: tuple[TodoItem, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every gate of every agent and of the collection held."""
        return all(agent.passed for agent in self.agents) and all(result.passed for result in self.results)
