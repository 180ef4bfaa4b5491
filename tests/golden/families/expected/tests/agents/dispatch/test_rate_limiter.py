"""Tests of rate_limiter.py: Dispatch: the bounds of every call."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

from L9.agents.dispatch.rate_limiter import LIMITS

SERVED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="module")
async def limited(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent again, held to its declared rate; the other one is not, or tests would fail for want of calls."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends, limited=True) as served:
        yield served


OPERATIONS: list[str] = ["assign"]


def test_the_limits_are_those_of_the_settings() -> None:
    """Rate and size, as they won."""
    assert (LIMITS.rate, LIMITS.max_payload_bytes) == ("600/minute", 1048576)


@pytest.mark.parametrize("name", ["rate", "max_payload_bytes"])
def test_nobody_lifts_a_limit(name: str) -> None:
    """They hold for the life of the process."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(LIMITS, name, 1)


@SERVED
async def test_the_agent_declares_these_limits(agent: ServedAgent) -> None:
    """The library holds every call to what the agent declares."""
    assert agent.definition.limits == LIMITS


@SERVED
@pytest.mark.parametrize("path", ["/operations/any", "/packets", *(f"/operations/{name}" for name in OPERATIONS[:2])])
async def test_a_request_above_the_size_is_refused(agent: ServedAgent, path: str) -> None:
    """It is not read to its end, whatever it is for."""
    reply = await agent.post(path, {"text": "x" * LIMITS.max_payload_bytes})
    assert (reply.status_code, reply.json()["code"]) == (413, "too-large")


@SERVED
async def test_a_caller_who_has_used_up_the_rate_is_refused(limited: ServedAgent) -> None:
    """With 429, and only that caller."""
    await limited.use_up(OPERATIONS[0], "operator")
    assert (await limited.post(f"/operations/{OPERATIONS[0]}", {})).status_code == 429
    other = f"anchor:{limited.definition.governance.anchors[0]}"
    assert (await limited.post(f"/operations/{OPERATIONS[0]}", {}, other)).status_code != 429


@SERVED
@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_health_is_answered_whatever_the_rate(limited: ServedAgent, path: str) -> None:
    """Who watches the agent is no caller of its operations."""
    await limited.use_up(OPERATIONS[0], "operator")
    assert (await limited.request("GET", path)).status_code == 200
