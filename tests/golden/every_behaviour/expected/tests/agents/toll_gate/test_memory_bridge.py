"""What TollGate declares about its memory in memory_bridge.py, and how it is used."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    memory,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.toll_gate.memory_bridge as module

AGENT = "toll_gate"
SERVED = pytest.mark.asyncio(loop_scope="session")


def test_the_layers(l9_checks: Checks) -> None:
    """They are those of the schema, each with what it says of them."""
    memory.layers(
        l9_checks,
        module.MEMORY,
        {
            "working": {"keyspace": "l9_every_behaviour:toll_gate", "ttl_seconds": 300},
            "episodic": {"index_by": ("plate",), "retention": ""},
        },
    )


@SERVED
async def test_what_it_finds(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Earlier decisions about the same, the newest first."""
    await memory.finders(
        l9_checks,
        l9_agent,
        {
            "plate": (module.find_by_plate, "BA-77"),
        },
    )


def test_what_may_be_left_out(l9_checks: Checks) -> None:
    """Callers rely on what stands in its place."""
    memory.defaults(
        l9_checks,
        {
            module.find_by_plate: {"limit": 20},
        },
    )
