"""Tests of compliance_checker.py: Dispatch: which rules of the policy fire, and their sentences."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.dispatch.compliance_checker import SENTENCES, check, check_and_note

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"nobody_declared_this": -1000000000.0}, []),
    ({"nobody_declared_this": "text"}, []),
    ({"confidence": -0.4, "criticality": 1.5}, ["confidence_0_6_and_criticality_0_5"]),
    ({"confidence": 0.59, "criticality": 1.5}, ["confidence_0_6_and_criticality_0_5"]),
    ({"confidence": 0.6, "criticality": 1.5}, []),
    ({"confidence": 0.61, "criticality": 1.5}, []),
    ({"criticality": 1.5}, []),
    ({"confidence": "text", "criticality": 1.5}, []),
    ({"confidence": True, "criticality": 1.5}, []),
    ({"confidence": -0.4, "criticality": 0.49}, []),
    ({"confidence": -0.4, "criticality": 0.5}, []),
    ({"confidence": -0.4, "criticality": 0.51}, ["confidence_0_6_and_criticality_0_5"]),
    ({"confidence": -0.4}, []),
    ({"confidence": -0.4, "criticality": "text"}, []),
    ({"confidence": -0.4, "criticality": True}, []),
    ({"distance": 301}, ["distance_300"]),
    ({"distance": 299.99}, []),
    ({"distance": 300}, []),
    ({"distance": 300.01}, ["distance_300"]),
    ({"distance": "text"}, []),
    ({"distance": True}, []),
]


@pytest.mark.parametrize(("values", "fired"), CASES)
async def test_the_rules_that_fire_are_found(agent: ServedAgent, values: dict[str, Any], fired: list[str]) -> None:
    """At their thresholds and nowhere else, each with its sentence and with who decides."""
    found = check(agent.context(), values)
    assert [item.rule for item in found] == fired
    assert [item.sentence for item in found] == [SENTENCES[name] for name in fired]
    assert {item.anchors for item in found} <= {agent.definition.governance.anchors}


async def test_the_sentences_are_the_policys() -> None:
    """Every rule, with the words that it comes from."""
    assert SENTENCES == {
        "confidence_0_6_and_criticality_0_5": "confidence < 0.6 AND criticality > 0.5",
        "distance_300": "distance > 300",
    }


@pytest.mark.parametrize(("values", "fired"), [case for case in CASES if case[1]][:3])
async def test_findings_are_noted(agent: ServedAgent, values: dict[str, Any], fired: list[str]) -> None:
    """The audit chain names the rules that fired."""
    context = agent.context()
    found = await check_and_note(context, values)
    assert [item.rule for item in found] == fired
    ((action, detail),) = await agent.audited(context.trace_id)
    assert (action, detail["rules"]) == ("compliance_findings", fired)


async def test_nothing_is_noted_where_nothing_fires(agent: ServedAgent) -> None:
    """Values that no rule speaks of leave no trace."""
    context = agent.context()
    assert await check_and_note(context, {"something_else": 1}) == ()
    assert await agent.audited(context.trace_id) == []
