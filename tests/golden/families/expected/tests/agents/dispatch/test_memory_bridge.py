"""What Dispatch declares about its memory in memory_bridge.py, and how it is used."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    memory,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.memory_bridge as module

AGENT = "dispatch"
SERVED = pytest.mark.asyncio(loop_scope="session")


def test_the_layers(l9_checks: Checks) -> None:
    """They are those of the schema, each with what it says of them."""
    memory.layers(
        l9_checks,
        module.MEMORY,
        {
            "working": {"keyspace": "dispatch:working", "ttl_seconds": 600},
            "episodic": {"index_by": ("request_id", "region"), "retention": ""},
            "semantic": {
                "nodes": {"van": ("van_id", "capacity", "depot"), "depot": ("depot_id", "region")},
                "edges": {"stationed_at": ("van_id", "depot_id", "since")},
            },
            "causal": {"factors": {"distance": ("van_id", "confidence"), "region": ("van_id",)}},
        },
    )


@SERVED
async def test_what_it_finds(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Earlier decisions about the same, the newest first."""
    await memory.finders(
        l9_checks,
        l9_agent,
        {
            "request_id": (module.find_by_request_id, "R-1"),
            "region": (module.find_by_region, "north"),
        },
    )


def test_what_may_be_left_out(l9_checks: Checks) -> None:
    """Callers rely on what stands in its place."""
    memory.defaults(
        l9_checks,
        {
            module.find_by_request_id: {"limit": 20},
            module.find_by_region: {"limit": 20},
        },
    )
