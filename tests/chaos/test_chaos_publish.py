"""Kills at the boundaries of writes and renames, from measured results to the published view."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from l9stack.errors import GateError
from l9stack.evidence.records import Records
from l9stack.evidence.verify import verify
from l9stack.extraction import measurement, prove
from l9stack.extraction.prepare import PreparedCollection
from l9stack.extraction.published_view import published_view
from tests.chaos.conftest import NOW, measured
from tests.output.test_output_crash import killed

STEP = 11
"""Every so many boundaries one is tried: a dozen and more of some hundreds, and others than multiples of two."""


def publish(prepared: PreparedCollection, output: Path) -> None:
    """What follows the measurements: records, evidence, signature, view, pointer."""
    results = measured(prepared)
    evidence = measurement.evidence_of(prepared, results, [agent.id for agent in prepared.plan.agents], NOW)
    prepared.stored()
    measurement.keep(prepared, evidence)
    Records(prepared.project).save_build(evidence)
    prove._publish(prepared, evidence, output, NOW)


def test_a_publication_killed_anywhere_is_whole_or_absent_and_the_next_one_finishes(
    prepared: PreparedCollection, tmp_path: Path
) -> None:
    deaths = 0
    for call in itertools.count(1, STEP):
        output = tmp_path / f"out{call}"
        died = killed(call, lambda output=output: publish(prepared, output))  # type: ignore[misc]
        deaths += died
        for folder in views(output):
            assert verify(folder, prepared.project).ok
        publish(prepared, output)
        (folder,) = views(output)
        assert verify(folder, prepared.project).ok
        view = published_view(prepared.project, prepared.plan.collection)
        assert view is not None
        assert (Path(view.folder), view.edits().none) == (folder, True)
        assert not [path for path in output.iterdir() if path.name.startswith(".tmp-")]
        if not died:
            break
    assert deaths >= 8


def views(output: Path) -> list[Path]:
    return [path for path in output.iterdir() if not path.name.startswith(".")] if output.is_dir() else []


def test_results_that_hold_are_kept_where_another_agent_does_not(prepared: PreparedCollection) -> None:
    failing, *others = (agent.id for agent in prepared.plan.agents)
    assert others
    with pytest.raises(GateError) as caught:
        measurement.require(prepared, measured(prepared, failing), NOW)
    first, last = caught.value.problems[0], caught.value.problems[-1]
    assert first.message.startswith(f"{failing}, phase 4: unit_tests is 0 percent, at least 95 is asked")
    assert f"{len(others)} of {len(others) + 1} agents hold" in last.message
    records = Records(prepared.project)
    assert records.agent(measurement.record_key(prepared, failing)) is None
    for agent in others:
        assert records.agent(measurement.record_key(prepared, agent)) is not None
