"""Tests of causal_tracer.py: Dispatch: why its decisions were as they were."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving
from pydantic import ValidationError

from L9.agents.dispatch.causal_tracer import (
    DistanceFactor,
    RegionFactor,
    trace_distance,
    trace_region,
)

SERVED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


@SERVED
async def test_trace_distance_finds_the_value_and_what_it_bore_on(agent: ServedAgent) -> None:
    """The values that the factor influences, and no others."""
    bore_on: dict[str, Any] = {"van_id": "van id", "confidence": 1}
    await agent.remember({"distance": 12}, {**bore_on, "something_else": 2})
    found = await trace_distance(agent.context(), 1)
    assert [item.model_dump(mode="json") for item in found] == [{"value": 12, **bore_on}]


@SERVED
async def test_trace_distance_begins_with_the_newest_decision(agent: ServedAgent) -> None:
    """And gives as many as are wanted."""
    bore_on: dict[str, Any] = {"van_id": "van id", "confidence": 1}
    await agent.remember({"distance": 12}, bore_on)
    await agent.remember({"distance": 12}, {})
    found = await trace_distance(agent.context(), 2)
    assert [item.model_dump(mode="json", exclude_none=True) for item in found] == [
        {"value": 12},
        {"value": 12, **bore_on},
    ]


@SERVED
@pytest.mark.parametrize("limit", [0, 1, 2])
async def test_trace_distance_gives_as_many_as_are_wanted(agent: ServedAgent, limit: int) -> None:
    """At most that many, also where there are more."""
    for _ in range(3):
        await agent.remember({"distance": 12}, {})
    assert len(await trace_distance(agent.context(), limit)) == limit


@SERVED
@pytest.mark.parametrize("request_of", [{}, {"something_else": 1}, {"distance": None}])
async def test_trace_distance_passes_over_decisions_without_it(agent: ServedAgent, request_of: dict[str, Any]) -> None:
    """Where the factor had no value, it bore on nothing."""
    before = await trace_distance(agent.context(), 50)
    await agent.remember(request_of, {"van_id": "van id", "confidence": 1})
    assert await trace_distance(agent.context(), 50) == before


@pytest.mark.parametrize("name", ["undeclared_field", "decision_id"])
def test_trace_distance_answers_with_nothing_undeclared(name: str) -> None:
    """The record names the value and what the schema says that it bears on, and no more."""
    with pytest.raises(ValidationError, match=name):
        DistanceFactor.model_validate({"value": 12, name: "1"})
    with pytest.raises(ValidationError, match="value"):
        DistanceFactor.model_validate({})


@SERVED
async def test_trace_region_finds_the_value_and_what_it_bore_on(agent: ServedAgent) -> None:
    """The values that the factor influences, and no others."""
    bore_on: dict[str, Any] = {"van_id": "van id"}
    await agent.remember({"region": "north"}, {**bore_on, "something_else": 2})
    found = await trace_region(agent.context(), 1)
    assert [item.model_dump(mode="json") for item in found] == [{"value": "north", **bore_on}]


@SERVED
async def test_trace_region_begins_with_the_newest_decision(agent: ServedAgent) -> None:
    """And gives as many as are wanted."""
    bore_on: dict[str, Any] = {"van_id": "van id"}
    await agent.remember({"region": "north"}, bore_on)
    await agent.remember({"region": "north"}, {})
    found = await trace_region(agent.context(), 2)
    assert [item.model_dump(mode="json", exclude_none=True) for item in found] == [
        {"value": "north"},
        {"value": "north", **bore_on},
    ]


@SERVED
@pytest.mark.parametrize("limit", [0, 1, 2])
async def test_trace_region_gives_as_many_as_are_wanted(agent: ServedAgent, limit: int) -> None:
    """At most that many, also where there are more."""
    for _ in range(3):
        await agent.remember({"region": "north"}, {})
    assert len(await trace_region(agent.context(), limit)) == limit


@SERVED
@pytest.mark.parametrize("request_of", [{}, {"something_else": 1}, {"region": None}])
async def test_trace_region_passes_over_decisions_without_it(agent: ServedAgent, request_of: dict[str, Any]) -> None:
    """Where the factor had no value, it bore on nothing."""
    before = await trace_region(agent.context(), 50)
    await agent.remember(request_of, {"van_id": "van id"})
    assert await trace_region(agent.context(), 50) == before


@pytest.mark.parametrize("value", ["north", "south"])
def test_trace_region_reads_each_value(value: str) -> None:
    """Whatever operations take or answer under that name."""
    assert RegionFactor.model_validate({"value": value}).value == value


@pytest.mark.parametrize("name", ["undeclared_field", "decision_id"])
def test_trace_region_answers_with_nothing_undeclared(name: str) -> None:
    """The record names the value and what the schema says that it bears on, and no more."""
    with pytest.raises(ValidationError, match=name):
        RegionFactor.model_validate({"value": "north", name: "1"})
    with pytest.raises(ValidationError, match="value"):
        RegionFactor.model_validate({})


@pytest.mark.parametrize(
    ("function", "defaults"),
    [
        (trace_distance, {"limit": 20}),
        (trace_region, {"limit": 20}),
    ],
)
def test_what_may_be_left_out_has_its_default(function: Callable[..., Any], defaults: dict[str, Any]) -> None:
    """Callers rely on what stands in its place."""
    parameters = inspect.signature(function).parameters.values()
    assert {item.name: item.default for item in parameters if item.default is not item.empty} == defaults
