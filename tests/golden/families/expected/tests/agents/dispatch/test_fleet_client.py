"""Tests of fleet_client.py: Dispatch: what it asks of fleet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent import PeerError
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, StandIn, serving

from L9.agents.dispatch.fleet_client import (
    NearestVanRequest,
    ReserveVanRequest,
    nearest_van,
    reserve_van,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


async def test_nearest_van_asks_for_exactly_this(agent: ServedAgent) -> None:
    """The request goes out as it is declared, and the answer comes back typed."""
    peer = StandIn().say("nearest_van", {"van_id": "V-7", "free_capacity": 12})
    request = NearestVanRequest.model_validate({"region": "north"})
    with agent.hearing("fleet", peer):
        found = await nearest_van(agent.context(), request)
    assert peer.requests == [{"operation": "nearest_van", "arguments": {"region": "north"}}]
    assert found.model_dump(mode="json") == {"van_id": "V-7", "free_capacity": 12}


async def test_nearest_van_does_not_take_a_malformed_answer(agent: ServedAgent) -> None:
    """What does not fit the peer's own model is the peer's fault, and is told so."""
    peer = StandIn().say("nearest_van", {"nothing": "of it"})
    request = NearestVanRequest.model_validate({"region": "north"})
    with agent.hearing("fleet", peer), pytest.raises(PeerError, match="malformed"):
        await nearest_van(agent.context(), request)


async def test_nearest_van_fails_where_the_peer_is_away(agent: ServedAgent) -> None:
    """Nobody of that name answers."""
    request = NearestVanRequest.model_validate({"region": "north"})
    with agent.hearing_all({}), pytest.raises(PeerError, match="fleet"):
        await nearest_van(agent.context(), request)


async def test_reserve_van_asks_for_exactly_this(agent: ServedAgent) -> None:
    """The request goes out as it is declared, and the answer comes back typed."""
    peer = StandIn().say("reserve_van", {"reserved": True})
    request = ReserveVanRequest.model_validate({"van_id": "V-7"})
    with agent.hearing("fleet", peer):
        found = await reserve_van(agent.context(), request)
    assert peer.requests == [{"packet_type": "reserve_van", "arguments": {"van_id": "V-7"}}]
    assert found.model_dump(mode="json") == {"reserved": True}


async def test_reserve_van_does_not_take_a_malformed_answer(agent: ServedAgent) -> None:
    """What does not fit the peer's own model is the peer's fault, and is told so."""
    peer = StandIn().say("reserve_van", {"nothing": "of it"})
    request = ReserveVanRequest.model_validate({"van_id": "V-7"})
    with agent.hearing("fleet", peer), pytest.raises(PeerError, match="malformed"):
        await reserve_van(agent.context(), request)


async def test_reserve_van_fails_where_the_peer_is_away(agent: ServedAgent) -> None:
    """Nobody of that name answers."""
    request = ReserveVanRequest.model_validate({"van_id": "V-7"})
    with agent.hearing_all({}), pytest.raises(PeerError, match="fleet"):
        await reserve_van(agent.context(), request)
