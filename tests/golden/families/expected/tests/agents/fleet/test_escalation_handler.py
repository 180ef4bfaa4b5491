"""Tests of escalation_handler.py: Fleet: the policy's triggers, and the way to a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.fleet.escalation_handler import ANCHORS, escalate, raise_load_above_what_the_van_may_carry

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "fleet.json", l9_code, l9_backends) as served:
        yield served


@pytest.mark.parametrize(
    ("raised", "name"),
    [
        (raise_load_above_what_the_van_may_carry, "load_above_what_the_van_may_carry"),
    ],
)
async def test_each_trigger_is_raised_by_its_name(agent: ServedAgent, raised: Callable[..., None], name: str) -> None:
    """The call ends with the trigger and what was told of it."""
    context = agent.context()
    raised(context, "seen twice")
    assert context.triggers == [(name, "seen twice")]


@pytest.mark.parametrize("severity", ["normal", "critical"])
async def test_an_escalated_call_waits_for_the_anchors(agent: ServedAgent, severity: str) -> None:
    """Every anchor may decide; the reason and the severity are those that were given."""
    decision = await escalate(agent.context(), "too odd to go on", severity)
    waiting = (await agent.get(f"/decisions/{decision}", "operator")).json()
    assert (waiting["status"], waiting["reason"], waiting["severity"]) == ("PENDING", "too odd to go on", severity)


async def test_the_anchors_are_those_of_the_policy(agent: ServedAgent) -> None:
    """In the order of the settings that won."""
    assert ANCHORS == agent.definition.governance.anchors
