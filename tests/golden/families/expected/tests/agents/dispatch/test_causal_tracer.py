"""Tests of causal_tracer.py: Dispatch: why its decisions were as they were."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.dispatch.causal_tracer import (
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
    """The newest decision first, with the values that the factor influences, and no others."""
    bore_on: dict[str, Any] = {"van_id": "van id", "confidence": 1}
    await agent.remember({"distance": 12}, {**bore_on, "something_else": 2})
    await agent.remember({"something_else": 1}, {})
    found = await trace_distance(agent.context(), limit=5)
    assert found[0].model_dump(mode="json") == {"value": 12, **bore_on}


@SERVED
async def test_trace_region_finds_the_value_and_what_it_bore_on(agent: ServedAgent) -> None:
    """The newest decision first, with the values that the factor influences, and no others."""
    bore_on: dict[str, Any] = {"van_id": "van id"}
    await agent.remember({"region": "north"}, {**bore_on, "something_else": 2})
    await agent.remember({"something_else": 1}, {})
    found = await trace_region(agent.context(), limit=5)
    assert found[0].model_dump(mode="json") == {"value": "north", **bore_on}
