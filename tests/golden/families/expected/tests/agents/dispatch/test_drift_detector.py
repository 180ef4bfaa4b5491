"""Tests of drift_detector.py: Dispatch: whether a figure of its answers has moved."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

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
USUAL = (10, 12, 11, 9, 10)


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def nothing_logged(agent: ServedAgent) -> None:
    """Each test begins with an empty log."""
    await agent.empty_log()


async def _decided(agent: ServedAgent, name: str, *values: object) -> None:
    for value in values:
        await agent.remember({}, {name: value})


@pytest.mark.parametrize("value", [900, -900, 14])
@pytest.mark.parametrize("name", FIELDS)
async def test_a_figure_that_moved_is_found(agent: ServedAgent, name: str, value: int) -> None:
    """The newest value lies far off the five before it, above or below; the other figures are not named."""
    await _decided(agent, name, 5000, *USUAL, value)
    context = agent.context()
    (found,) = await detect(context, recent=1, earlier=5)
    assert (found.field, found.recent_mean, found.earlier_mean) == (name, value, 10.4)
    assert context.triggers == [("model_drift_detected", f"{name} moved from 10.4 to {value}")]


@pytest.mark.parametrize("value", [9, 11, 13])
@pytest.mark.parametrize("name", FIELDS)
async def test_a_figure_that_varies_as_usual_is_not_found(agent: ServedAgent, name: str, value: int) -> None:
    """Within three deviations nothing has moved, and nobody is asked."""
    await _decided(agent, name, *USUAL, value)
    context = agent.context()
    assert await detect(context, recent=1, earlier=5) == []
    assert context.triggers == []


@pytest.mark.parametrize(("threshold", "moved"), [(0.0, True), (1.0, True), (2.0, False)])
@pytest.mark.parametrize("name", FIELDS)
async def test_the_threshold_is_in_standard_deviations(
    agent: ServedAgent, name: str, threshold: float, moved: bool
) -> None:
    """12 lies 1.4 of them off the usual values."""
    await _decided(agent, name, *USUAL, 12)
    found = await detect(agent.context(), recent=1, earlier=5, threshold=threshold)
    assert [item.field for item in found] == ([name] if moved else [])


@pytest.mark.parametrize("values", [(), (1,), (1, 2, 900), ("a", "b", "c", "d", "e", "f")])
@pytest.mark.parametrize("name", FIELDS)
async def test_too_little_is_no_drift(agent: ServedAgent, name: str, values: tuple[object, ...]) -> None:
    """Two earlier values have no spread that could be trusted, and texts have none at all."""
    await _decided(agent, name, *values)
    assert await detect(agent.context(), recent=1, earlier=5) == []


@pytest.mark.parametrize(
    ("function", "defaults"),
    [
        (detect, {"recent": 20, "earlier": 200, "threshold": 3.0}),
    ],
)
async def test_what_may_be_left_out_has_its_default(function: Callable[..., Any], defaults: dict[str, Any]) -> None:
    """Callers rely on what stands in its place."""
    parameters = inspect.signature(function).parameters.values()
    assert {item.name: item.default for item in parameters if item.default is not item.empty} == defaults
