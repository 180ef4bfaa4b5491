from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from l9stack.extraction.measurement import Measurement
from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.gates.outcomes import TestRun
from l9stack.inputs import Inputs
from l9stack.model.evidence import GateResult, TestCounts
from l9stack.project import Project

NOW = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
COLLECTION = Path(__file__).parents[1] / "golden" / "behaviours"


@pytest.fixture
def prepared(tmp_path: Path) -> PreparedCollection:
    """A rendered collection in a project of its own."""
    return prepare(Inputs.read(Project(tmp_path / "project"), COLLECTION))


def measured(prepared: PreparedCollection, failing: str = "") -> Measurement:
    """What a run would have measured: every agent holds, but for the one that fails."""
    agents = [agent.id for agent in prepared.plan.agents]
    results = tuple(
        GateResult(
            gate="unit_tests",
            phase=4,
            agent=agent,
            figure=0.0 if agent == failing else 100.0,
            threshold=95,
            unit="percent",
            passed=agent != failing,
        )
        for agent in agents
    )
    run = TestRun(
        per_agent={agent: TestCounts(unit_passed=9, coverage_percent=100) for agent in agents},
        collection=TestCounts(unit_passed=9 * len(agents)),
        failures=(),
        made_by_file={},
        integration=True,
        seconds=1.0,
        stopped={agent: "gate unit_tests" for agent in agents if agent == failing},
    )
    return Measurement(results, run, (), {})
