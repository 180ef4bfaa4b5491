"""Tests of packet_router.py: Dispatch: packets in and out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent import PeerError
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, StandIn, serving

from L9.agents.dispatch.packet_router import (
    PACKET_TYPES,
    TAKERS,
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


@pytest.mark.parametrize("packet_type", ["of another type", "", "ASSIGN"])
def test_another_packet_type_leads_nowhere(packet_type: str) -> None:
    """What nobody is wired to send is not taken; types are compared as they are."""
    assert operation_for(packet_type) is None


def test_the_packet_types_are_those_of_the_wirings() -> None:
    """None less, none more."""
    assert PACKET_TYPES == {"assign": "assign"}


@SERVED
async def test_the_agent_takes_these_packets(agent: ServedAgent) -> None:
    """The served agent has these types, and operations for all of them."""
    assert dict(agent.definition.packet_types) == PACKET_TYPES
    assert all(agent.definition.operation(name) for name in PACKET_TYPES.values())


@SERVED
@pytest.mark.parametrize("packet_type", ["of another type", "health"])
async def test_a_packet_of_another_type_is_refused(agent: ServedAgent, packet_type: str) -> None:
    """The sender is told, and nothing runs."""
    reply = await agent.packet({"packet_type": packet_type, "arguments": {}})
    assert 400 <= reply.status < 500
    assert "names no operation" in reply.body["detail"]


def test_the_takers_are_those_of_the_wirings() -> None:
    """By packet type, none less, none more."""
    assert TAKERS == {"reserve_van": ("fleet",)}


@SERVED
@pytest.mark.parametrize("arguments", [{}, {"subject": "S-1"}, {"nested": {"list": [1, None]}}])
async def test_reserve_van_is_sent_to_all_who_take_it(agent: ServedAgent, arguments: dict[str, Any]) -> None:
    """Each is sent the packet once, and each answer stands under its agent."""
    takers: list[str] = ["fleet"]
    peers = {name: StandIn().say("reserve_van", {"taken_by": name}) for name in takers}
    with agent.hearing_all(peers):
        found = await forward(agent.context(), "reserve_van", arguments)
    assert found == {name: {"taken_by": name} for name in takers}
    for peer in peers.values():
        assert peer.requests == [{"packet_type": "reserve_van", "arguments": arguments}]


@SERVED
@pytest.mark.parametrize(
    ("taker", "kind"),
    [(None, "unreachable"), (StandIn.down(), "timeout"), (StandIn.malformed(), "malformed"), (StandIn(), "refused")],
)
async def test_reserve_van_fails_where_a_taker_does(agent: ServedAgent, taker: StandIn | None, kind: str) -> None:
    """Who failed is told by name, and how."""
    peers = {} if taker is None else dict.fromkeys(["fleet"], taker)
    with agent.hearing_all(peers), pytest.raises(PeerError, match=f"fleet: {kind}"):
        await forward(agent.context(), "reserve_van", {})


@SERVED
@pytest.mark.parametrize("packet_type", ["of another type", ""])
async def test_a_packet_that_nobody_takes_is_not_sent(agent: ServedAgent, packet_type: str) -> None:
    """Its type is named."""
    with pytest.raises(KeyError) as raised:
        await forward(agent.context(), packet_type, {})
    assert raised.value.args == (packet_type,)
