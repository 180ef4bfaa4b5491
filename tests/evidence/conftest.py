from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from l9stack.evidence.extraction_manifest import NAME as MANIFEST, extraction_manifest, manifest_text
from l9stack.evidence.keys import signing_key
from l9stack.evidence.records import Provenance, RunResults, build_evidence
from l9stack.evidence.report import NAME as REPORT, report
from l9stack.evidence.signing import NAME as ATTESTATION, sign
from l9stack.files import write_files
from l9stack.gates.locked_plan import locked_plan
from l9stack.gates.registry import GateMeasurement, result, rows_of
from l9stack.model.artifact import Artifact
from l9stack.model.evidence import BuildEvidence, GateResult, ServerVersion, TestCounts
from l9stack.model.plan import Plan
from l9stack.names import AgentId
from l9stack.project import Project
from tests.gates import handmade

SOURCES = {"office.yaml": "a" * 64}
COUNTS = TestCounts(unit_passed=24, regression_passed=3, coverage_percent=91.5, seconds=2.5)
SHARED = TestCounts(unit_passed=48, regression_passed=6, integration_passed=1, coverage_percent=93.0, seconds=2.5)
COLLECTION_GATES = frozenset(
    {"dependencies_resolved", "targets_writable", "backends_online", "flags_set", "flags_applied", "integration_tests"}
)


def good_results(plan: Plan) -> list[GateResult]:
    """A result that holds, for each gate."""
    results = []
    for row in rows_of(plan):
        agents: list[AgentId | None] = [None] if row.gate in COLLECTION_GATES else [agent.id for agent in plan.agents]
        results += [result(row, agent, GateMeasurement(row.threshold, "measured")) for agent in agents]
    return results


def evidence_of(
    plan: Plan, results: list[GateResult] | None = None, now: datetime = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
) -> BuildEvidence:
    tree = handmade.tree()
    return build_evidence(
        plan,
        tree,
        RunResults(
            gates=tuple(good_results(plan) if results is None else results),
            tests={agent.id: COUNTS for agent in plan.agents},
            collection_tests=SHARED,
            servers=(ServerVersion(layer="working", product="Valkey", version="9.1"),),
        ),
        Provenance(input_digest="b" * 64, generator="l9stack 0.1.0", run_id=f"run-{now:%S}", now=now),
        locked_plan(plan, tree),
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    (root / ".l9").mkdir(parents=True)
    return Project(root)


@pytest.fixture
def publish(project: Project) -> Callable[[Path, BuildEvidence], Path]:
    """Writes a whole signed extraction into a folder."""

    def write(folder: Path, evidence: BuildEvidence) -> Path:
        plan, tree, key = handmade.plan(), handmade.tree(), signing_key(project)
        extra = {REPORT: report(evidence, plan, SOURCES, key.key_id)}
        extra[MANIFEST] = manifest_text(extraction_manifest(evidence, plan, tree, extra, key.key_id))
        artifacts = [*tree.artifacts, *(Artifact(path=path, text=text) for path, text in extra.items())]
        digests = {artifact.path: artifact.sha256 for artifact in artifacts}
        artifacts.append(Artifact(path=ATTESTATION, text=sign(evidence, digests, SOURCES, key)))
        folder.mkdir()
        write_files(folder, ((artifact.path, artifact.text.encode()) for artifact in artifacts))
        return folder

    return write
