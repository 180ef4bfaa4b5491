"""Tests of semantic_updater.py: Dispatch: what it keeps in its graph."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    knowledge,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.dispatch.semantic_updater as module

AGENT = "dispatch"
SERVED = pytest.mark.asyncio(loop_scope="session")


@SERVED
async def test_what_it_keeps(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Nodes and edges of the schema, each there once as it was kept last."""
    await knowledge.kept(
        l9_checks,
        l9_agent,
        module.keep_van,
        module.VanNode,
        knowledge.Shape(
            "van",
            ends=(("van", "van_id"),),
            values={"van_id": "van id", "capacity": "v1", "depot": "v1"},
            fresh=["van_id"],
        ),
    )
    await knowledge.kept(
        l9_checks,
        l9_agent,
        module.keep_depot,
        module.DepotNode,
        knowledge.Shape(
            "depot",
            ends=(("depot", "depot_id"),),
            values={"depot_id": "v1", "region": "north"},
            fresh=["depot_id"],
            choices={
                "region": ["north", "south"],
            },
        ),
    )
    await knowledge.kept(
        l9_checks,
        l9_agent,
        module.keep_stationed_at,
        module.StationedAtEdge,
        knowledge.Shape(
            "stationed_at",
            ends=(
                ("van", "van_id"),
                ("depot", "depot_id"),
            ),
            values={"van_id": "van id", "depot_id": "v1", "since": "v1"},
            fresh=["van_id", "depot_id"],
        ),
    )
