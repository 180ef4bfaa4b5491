"""Tests of metrics.py: Dispatch: how much each operation did."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving
from sqlalchemy import text

from L9.agents.dispatch.metrics import escalated_share, summary

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


COUNTED: list[str] = ["assign"]


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def nothing_logged(agent: ServedAgent) -> None:
    """Each test begins with an empty log."""
    await agent.empty_log()


async def test_every_operation_is_counted_also_where_it_did_nothing(agent: ServedAgent) -> None:
    """No operation less, none more; nothing was decided yet."""
    found = await summary(agent.context())
    assert list(found) == COUNTED
    assert {(item.decisions, item.escalated, item.mean_confidence) for item in found.values()} == {(0, 0, None)}


async def test_there_is_no_share_of_nothing(agent: ServedAgent) -> None:
    """None, and not a half-true zero."""
    assert await escalated_share(agent.context()) is None


@pytest.mark.parametrize("name", COUNTED)
async def test_decisions_of_each_operation_are_counted(agent: ServedAgent, name: str) -> None:
    """Its own, and nobody else's."""
    for status in ("APPROVED", "APPROVED", "ESCALATED"):
        await agent.decided(name, {}, status)
    found = await summary(agent.context())
    assert (found[name].operation, found[name].decisions, found[name].escalated) == (name, 3, 1)
    assert all(item.decisions == 0 for other, item in found.items() if other != name)


async def test_the_mean_confidence_is_that_of_the_answers_that_have_one(agent: ServedAgent) -> None:
    """Answers without a confidence do not count as zero."""
    for answer in ({"confidence": 0.5}, {"confidence": 1}, {}):
        await agent.decided(COUNTED[0], {}, answer=answer)
    assert (await summary(agent.context()))[COUNTED[0]].mean_confidence == 0.75


@pytest.mark.parametrize(("escalated", "share"), [(0, 0.0), (1, 0.25), (4, 1.0)])
async def test_the_share_is_of_all_decisions(agent: ServedAgent, escalated: int, share: float) -> None:
    """Four decisions, of which some were escalated."""
    for number in range(4):
        await agent.decided(COUNTED[-1], {}, "ESCALATED" if number < escalated else "APPROVED")
    assert await escalated_share(agent.context()) == share


@pytest.mark.parametrize(("hours", "decisions"), [(1, 0), (24, 0), (72, 1)])
async def test_older_decisions_are_not_counted(agent: ServedAgent, hours: float, decisions: int) -> None:
    """One was decided two days ago."""
    await agent.decided(COUNTED[0], {})
    async with agent.memory.postgres.begin() as connection:
        await connection.execute(text("UPDATE decision_logs SET timestamp = now() - interval '2 days'"))
    assert (await summary(agent.context(), hours))[COUNTED[0]].decisions == decisions


async def test_what_is_no_operation_of_the_agent_is_not_counted(agent: ServedAgent) -> None:
    """A name that an earlier version had stays out."""
    await agent.remember({}, {})
    assert list(await summary(agent.context())) == COUNTED
    assert await escalated_share(agent.context()) is None


@pytest.mark.parametrize(
    ("function", "defaults"),
    [
        (summary, {"hours": 24.0}),
        (escalated_share, {"hours": 24.0}),
    ],
)
async def test_what_may_be_left_out_has_its_default(function: Callable[..., Any], defaults: dict[str, Any]) -> None:
    """Callers rely on what stands in its place."""
    parameters = inspect.signature(function).parameters.values()
    assert {item.name: item.default for item in parameters if item.default is not item.empty} == defaults
