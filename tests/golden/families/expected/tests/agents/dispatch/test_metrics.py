"""Tests of metrics.py: Dispatch: how much each operation did."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.dispatch.metrics import escalated_share, summary

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


COUNTED: list[str] = ["assign"]


async def test_every_operation_is_counted_also_where_it_did_nothing(agent: ServedAgent) -> None:
    """No operation less, none more; nothing was decided yet."""
    found = await summary(agent.context())
    assert list(found) == COUNTED
    assert {(item.decisions, item.escalated) for item in found.values()} == {(0, 0)}
    assert await escalated_share(agent.context()) is None


async def test_decisions_and_escalations_are_counted(agent: ServedAgent) -> None:
    """One decision of each operation, of which those of the first are escalated twice more."""
    for name in COUNTED:
        await agent.decided(name, {})
    for _ in range(2):
        await agent.decided(COUNTED[0], {}, "ESCALATED")
    found = await summary(agent.context())
    assert [found[name].decisions for name in COUNTED] == [3, *[1] * (len(COUNTED) - 1)]
    assert [found[name].escalated for name in COUNTED] == [2, *[0] * (len(COUNTED) - 1)]
    assert await escalated_share(agent.context()) == 2 / (len(COUNTED) + 2)
    assert await escalated_share(agent.context(), hours=0) is None
