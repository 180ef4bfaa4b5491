"""Tests of fleet_client.py: Dispatch: what it asks of fleet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent import PeerError
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, StandIn, serving, without

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


NEAREST_VAN_ARGUMENTS: dict[str, Any] = {"region": "north"}
NEAREST_VAN_SAID: dict[str, Any] = {"van_id": "V-7", "free_capacity": 12}
NEAREST_VAN_REQUEST = NearestVanRequest.model_validate(NEAREST_VAN_ARGUMENTS)


async def test_nearest_van_asks_for_exactly_this(agent: ServedAgent) -> None:
    """The request goes out once, as it is declared."""
    peer = StandIn().say("nearest_van", NEAREST_VAN_SAID)
    with agent.hearing("fleet", peer):
        await nearest_van(agent.context(), NEAREST_VAN_REQUEST)
    assert peer.requests == [{"operation": "nearest_van", "arguments": NEAREST_VAN_ARGUMENTS}]


@pytest.mark.parametrize("beside", [{}, {"undeclared_field": 1}])
async def test_nearest_van_gives_back_the_answer(agent: ServedAgent, beside: dict[str, Any]) -> None:
    """What the peer declares; what it says beside that, as a later version may, is left out."""
    with agent.hearing("fleet", StandIn().say("nearest_van", {**NEAREST_VAN_SAID, **beside})):
        found = await nearest_van(agent.context(), NEAREST_VAN_REQUEST)
    assert found.model_dump(mode="json") == NEAREST_VAN_SAID


@pytest.mark.parametrize("name", ["van_id", "free_capacity"])
async def test_nearest_van_does_not_take_half_an_answer(agent: ServedAgent, name: str) -> None:
    """What does not fit the peer's own model is the peer's fault, and is told so."""
    peer = StandIn().say("nearest_van", without(NEAREST_VAN_SAID, name))
    with agent.hearing("fleet", peer), pytest.raises(PeerError, match="fleet: malformed"):
        await nearest_van(agent.context(), NEAREST_VAN_REQUEST)


@pytest.mark.parametrize(
    ("peer", "kind"),
    [(None, "unreachable"), (StandIn.down(), "timeout"), (StandIn.malformed(), "malformed"), (StandIn(), "refused")],
)
async def test_nearest_van_fails_where_the_peer_does(agent: ServedAgent, peer: StandIn | None, kind: str) -> None:
    """Who failed is told by name, and how."""
    peers = {} if peer is None else {"fleet": peer}
    with agent.hearing_all(peers), pytest.raises(PeerError, match=f"fleet: {kind}"):
        await nearest_van(agent.context(), NEAREST_VAN_REQUEST)


RESERVE_VAN_ARGUMENTS: dict[str, Any] = {"van_id": "V-7"}
RESERVE_VAN_SAID: dict[str, Any] = {"reserved": True}
RESERVE_VAN_REQUEST = ReserveVanRequest.model_validate(RESERVE_VAN_ARGUMENTS)


async def test_reserve_van_asks_for_exactly_this(agent: ServedAgent) -> None:
    """The request goes out once, as it is declared."""
    peer = StandIn().say("reserve_van", RESERVE_VAN_SAID)
    with agent.hearing("fleet", peer):
        await reserve_van(agent.context(), RESERVE_VAN_REQUEST)
    assert peer.requests == [{"packet_type": "reserve_van", "arguments": RESERVE_VAN_ARGUMENTS}]


@pytest.mark.parametrize("beside", [{}, {"undeclared_field": 1}])
async def test_reserve_van_gives_back_the_answer(agent: ServedAgent, beside: dict[str, Any]) -> None:
    """What the peer declares; what it says beside that, as a later version may, is left out."""
    with agent.hearing("fleet", StandIn().say("reserve_van", {**RESERVE_VAN_SAID, **beside})):
        found = await reserve_van(agent.context(), RESERVE_VAN_REQUEST)
    assert found.model_dump(mode="json") == RESERVE_VAN_SAID


@pytest.mark.parametrize("name", ["reserved"])
async def test_reserve_van_does_not_take_half_an_answer(agent: ServedAgent, name: str) -> None:
    """What does not fit the peer's own model is the peer's fault, and is told so."""
    peer = StandIn().say("reserve_van", without(RESERVE_VAN_SAID, name))
    with agent.hearing("fleet", peer), pytest.raises(PeerError, match="fleet: malformed"):
        await reserve_van(agent.context(), RESERVE_VAN_REQUEST)


@pytest.mark.parametrize(
    ("peer", "kind"),
    [(None, "unreachable"), (StandIn.down(), "timeout"), (StandIn.malformed(), "malformed"), (StandIn(), "refused")],
)
async def test_reserve_van_fails_where_the_peer_does(agent: ServedAgent, peer: StandIn | None, kind: str) -> None:
    """Who failed is told by name, and how."""
    peers = {} if peer is None else {"fleet": peer}
    with agent.hearing_all(peers), pytest.raises(PeerError, match=f"fleet: {kind}"):
        await reserve_van(agent.context(), RESERVE_VAN_REQUEST)
