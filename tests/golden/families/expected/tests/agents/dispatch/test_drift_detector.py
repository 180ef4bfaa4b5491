"""Tests of drift_detector.py: Dispatch: whether a figure of its answers has moved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.dispatch.drift_detector import detect

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


FIELDS: list[str] = ["confidence"]


@pytest.mark.parametrize("name", FIELDS)
async def test_a_figure_that_moved_is_found(agent: ServedAgent, name: str) -> None:
    """The newest value lies far off the earlier ones; the other figures are not named."""
    for value in (10, 12, 11, 9, 10, 900):
        await agent.remember({}, {name: value})
    context = agent.context()
    (found,) = await detect(context, recent=1, earlier=5)
    assert (found.field, found.recent_mean, found.earlier_mean) == (name, 900, 10.4)
    assert context.triggers == [("model_drift_detected", f"{name} moved from 10.4 to 900")]


@pytest.mark.parametrize("name", FIELDS)
async def test_a_figure_that_varies_as_usual_is_not_found(agent: ServedAgent, name: str) -> None:
    """Within three deviations nothing has moved, and nobody is asked."""
    for value in (10, 12, 11, 9, 10, 11):
        await agent.remember({}, {name: value})
    context = agent.context()
    assert await detect(context, recent=1, earlier=5) == []
    assert context.triggers == []
    assert [item.field for item in await detect(context, recent=1, earlier=5, threshold=0.0)] == [name]
