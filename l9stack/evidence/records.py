"""Measured results as records: made, kept by what they depend on, and found again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from l9stack.evidence.canonical import canonical, digest, strict_json
from l9stack.evidence.redaction import redact_value
from l9stack.files import write_file
from l9stack.model.artifact import RenderedTree
from l9stack.model.evidence import AgentEvidence, BuildEvidence, GateResult, ServerVersion, TestCounts, TodoItem
from l9stack.model.plan import Plan
from l9stack.names import AgentId
from l9stack.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where results come from: the run that measured them, of which inputs, by which generator."""

    input_digest: str
    generator: str
    """Its name and version."""
    run_id: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResults:
    """What one run measured, beside what is known from earlier ones."""

    gates: tuple[GateResult, ...]
    """Of agents, and of the collection as a whole."""
    tests: Mapping[AgentId, TestCounts]
    """Of each agent whose tests ran."""
    collection_tests: TestCounts
    """Of all tests together, those across agents among them."""
    servers: tuple[ServerVersion, ...] = ()
    """The backends that they ran against."""
    carried: Mapping[AgentId, AgentEvidence] = field(default_factory=dict)
    """What earlier runs measured of agents whose files are the same; an agent without tests has to be here."""


def iso(now: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return f"{now:%Y-%m-%dT%H:%M:%SZ}"


def agent_key(plan: Plan, tree: RenderedTree, agent: AgentId, generator: str, others: Iterable[str] = ()) -> str:
    """The digest of all that an agent's results depend on: a known key means that they may be carried over.

    That is the agent's files, those of agents that it depends on hard, the collection's shared files, the gates with
    their thresholds, and the generator. `others` are digests of anything else, as of a user's own implementations.
    """
    needed = {agent}
    for other in reversed(plan.agents):  # from the last wave back, so that chains of dependencies are followed
        if other.id in needed:
            needed |= {AgentId(e.target) for e in other.edges if e.kind.value == "hard" and e.source == other.id}
    parts = {name: tree.part_digest(name) for name in sorted(needed)}
    shared = {a.path: a.sha256 for a in tree.part(None) if not a.path.startswith("tests/codegen_integration/")}
    gates = [
        [row.gate, row.phase, row.threshold, row.unit, *([row.check.model_dump()] if row.check else [])]
        for row in plan.gates
    ]
    return digest([1, agent, parts, shared, gates, generator, sorted(others)])


def build_evidence(
    plan: Plan, tree: RenderedTree, measured: RunResults, provenance: Provenance, todo: tuple[TodoItem, ...] = ()
) -> BuildEvidence:
    """Put one run's results together with those that are carried over from earlier runs.

    Figures of phases 0 to 3 and 5, which take no time, are
    always this run's; what is carried over are the figures of phase 4, marked with the run that measured them.
    """
    run_id, measured_at = provenance.run_id, iso(provenance.now)
    agents = []
    for agent in plan.agents:
        own = [item for item in measured.gates if item.agent == agent.id]
        old = measured.carried.get(agent.id) if agent.id not in measured.tests else None
        if old is not None:
            known = {item.gate for item in own}
            own += [item for item in old.results if item.gate not in known]
        agents.append(
            AgentEvidence(
                agent=agent.id,
                digest=tree.part_digest(agent.id),
                run_id=old.run_id if old else run_id,
                measured_at=old.measured_at if old else measured_at,
                carried_over=old is not None,
                results=tuple(sorted(own, key=lambda item: (item.phase, item.gate))),
                tests=old.tests if old else measured.tests[agent.id],
                servers=old.servers if old else measured.servers,
            )
        )
    shared = [item for item in measured.gates if item.agent is None]
    return BuildEvidence(
        collection=plan.collection,
        tree_digest=tree.digest,
        input_digest=provenance.input_digest,
        generator=provenance.generator,
        run_id=run_id,
        measured_at=measured_at,
        agents=tuple(agents),
        results=tuple(sorted(shared, key=lambda item: (item.phase, item.gate))),
        tests=_total(agents, measured.collection_tests),
        todo=todo,
    )


def _total(agents: list[AgentEvidence], collection: TestCounts) -> TestCounts:
    """Sums over agents; coverage is that of the agent with the lowest, so that no good agent hides a bad one."""
    counts = [agent.tests for agent in agents]
    carried = [agent.tests for agent in agents if agent.carried_over]  # their checks are not in this run's
    return TestCounts(
        unit_passed=sum(item.unit_passed for item in counts),
        unit_failed=sum(item.unit_failed for item in counts),
        integration_passed=collection.integration_passed,
        integration_failed=collection.integration_failed,
        regression_passed=sum(item.regression_passed for item in counts),
        regression_failed=sum(item.regression_failed for item in counts),
        skipped=max(collection.skipped, sum(item.skipped for item in counts)),
        positive_checks=collection.positive_checks + sum(item.positive_checks for item in carried),
        negative_checks=collection.negative_checks + sum(item.negative_checks for item in carried),
        coverage_percent=min((item.coverage_percent for item in counts), default=0.0),
        seconds=collection.seconds,
    )


def evidence_json(evidence: BuildEvidence | AgentEvidence) -> bytes:
    """The record's canonical, scrubbed bytes."""
    return canonical(redact_value(evidence.model_dump(mode="json"))) + b"\n"


class Records:
    """Records below `.l9/evidence/`: `agents/<key>.json`, and `builds/<tree digest>.json` with the last run's."""

    def __init__(self, project: Project) -> None:
        self.folder = project.evidence

    def save_agent(self, key: str, evidence: AgentEvidence) -> Path:
        """Keep an agent's results; only those of a run of its own, so that a mark never hides an older one."""
        path = self.folder / "agents" / f"{key}.json"
        if not evidence.carried_over:
            write_file(path, evidence_json(evidence))
        return path

    def agent(self, key: str) -> AgentEvidence | None:
        """Results that passed and may be carried over; None where there are none, or the record is broken."""
        try:
            found = AgentEvidence.model_validate(strict_json((self.folder / "agents" / f"{key}.json").read_bytes()))
        except (OSError, ValueError, ValidationError):
            return None
        return found if found.passed else None

    def save_build(self, evidence: BuildEvidence) -> Path:
        """Keep the evidence of a whole collection."""
        path = self.folder / "builds" / f"{evidence.tree_digest}.json"
        write_file(path, evidence_json(evidence))
        return path

    def build(self, tree_digest: str) -> BuildEvidence | None:
        """The last evidence of a tree; None where there is none, or the record is broken."""
        try:
            return BuildEvidence.model_validate(
                strict_json((self.folder / "builds" / f"{tree_digest}.json").read_bytes())
            )
        except (OSError, ValueError, ValidationError):
            return None
