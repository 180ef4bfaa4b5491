"""Tests of packet_router.py: Dispatch: packets in and out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent import PeerError
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, StandIn, serving

from L9.agents.dispatch.packet_router import (
    forward,
    operation_for,
)

SERVED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


@pytest.mark.parametrize(("packet_type", "operation"), [("assign", "assign")])
def test_each_packet_type_leads_to_its_operation(packet_type: str, operation: str) -> None:
    """As the wirings say."""
    assert operation_for(packet_type) == operation


def test_another_packet_type_leads_nowhere() -> None:
    """What nobody is wired to send is not taken."""
    assert operation_for("of another type") is None


@SERVED
async def test_reserve_van_is_sent_to_all_who_take_it(agent: ServedAgent) -> None:
    """Each is sent the packet once, and each answer stands under its agent."""
    takers: list[str] = ["fleet"]
    peers = {name: StandIn().say("reserve_van", {"taken_by": name}) for name in takers}
    with agent.hearing_all(peers):
        found = await forward(agent.context(), "reserve_van", {"subject": "S-1"})
    assert found == {name: {"taken_by": name} for name in takers}
    for peer in peers.values():
        assert peer.requests == [{"packet_type": "reserve_van", "arguments": {"subject": "S-1"}}]


@SERVED
async def test_reserve_van_fails_where_nobody_answers(agent: ServedAgent) -> None:
    """A taker that is away is told by name."""
    with agent.hearing_all({}), pytest.raises(PeerError, match="fleet"):
        await forward(agent.context(), "reserve_van", {})


@SERVED
async def test_a_packet_that_nobody_takes_is_not_sent(agent: ServedAgent) -> None:
    """Its type is named."""
    with pytest.raises(KeyError, match="of another type"):
        await forward(agent.context(), "of another type", {})
