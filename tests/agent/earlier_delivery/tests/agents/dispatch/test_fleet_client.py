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
from pydantic import ValidationError

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


@pytest.mark.parametrize(
    "arguments",
    [pytest.param(NEAREST_VAN_ARGUMENTS, id="the sample"), pytest.param({"region": "south"}, id="region south")],
)
async def test_nearest_van_asks_for_exactly_this(agent: ServedAgent, arguments: dict[str, Any]) -> None:
    """The request goes out once, as it is declared, also at the peer's own bounds."""
    peer = StandIn().say("nearest_van", NEAREST_VAN_SAID)
    with agent.hearing("fleet", peer):
        await nearest_van(agent.context(), NearestVanRequest.model_validate(arguments))
    assert peer.requests == [{"operation": "nearest_van", "arguments": arguments}]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(NEAREST_VAN_ARGUMENTS, "region"), "region", id="region missing"),
        pytest.param({"region": {"neither": "nor"}}, "region", id="region of another type"),
        pytest.param({"region": "none of these"}, "region", id="region none of its choices"),
        pytest.param({**NEAREST_VAN_ARGUMENTS, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_nearest_van_asks_for_nothing_that_the_peer_refuses(arguments: dict[str, Any], field: str) -> None:
    """It is seen before anybody is asked."""
    with pytest.raises(ValidationError, match=field):
        NearestVanRequest.model_validate(arguments)


@pytest.mark.parametrize("beside", [{}, {"undeclared_field": 1}])
async def test_nearest_van_gives_back_the_answer(agent: ServedAgent, beside: dict[str, Any]) -> None:
    """What the peer declares; what it says beside that, as a later version may, is left out."""
    with agent.hearing("fleet", StandIn().say("nearest_van", {**NEAREST_VAN_SAID, **beside})):
        found = await nearest_van(agent.context(), NEAREST_VAN_REQUEST)
    assert found.model_dump(mode="json") == NEAREST_VAN_SAID


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(NEAREST_VAN_SAID, id="the sample"),
        pytest.param({**NEAREST_VAN_SAID, "van_id": "x" * 40}, id="van_id of 40 characters"),
        pytest.param({**NEAREST_VAN_SAID, "free_capacity": 0}, id="free_capacity 0"),
        pytest.param({**NEAREST_VAN_SAID, "free_capacity": 40}, id="free_capacity 40"),
    ],
)
async def test_nearest_van_takes_whatever_the_peer_may_answer(agent: ServedAgent, said: dict[str, Any]) -> None:
    """Up to its bounds, and each of its choices."""
    with agent.hearing("fleet", StandIn().say("nearest_van", said)):
        assert (await nearest_van(agent.context(), NEAREST_VAN_REQUEST)).model_dump(mode="json") == said


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(without(NEAREST_VAN_SAID, "van_id"), id="van_id missing"),
        pytest.param({**NEAREST_VAN_SAID, "van_id": {"neither": "nor"}}, id="van_id of another type"),
        pytest.param({**NEAREST_VAN_SAID, "van_id": "x" * 41}, id="van_id too long"),
        pytest.param(without(NEAREST_VAN_SAID, "free_capacity"), id="free_capacity missing"),
        pytest.param({**NEAREST_VAN_SAID, "free_capacity": {"neither": "nor"}}, id="free_capacity of another type"),
        pytest.param({**NEAREST_VAN_SAID, "free_capacity": -1}, id="free_capacity below its minimum"),
        pytest.param({**NEAREST_VAN_SAID, "free_capacity": 41}, id="free_capacity above its maximum"),
        pytest.param({**NEAREST_VAN_SAID, "free_capacity": 1.5}, id="free_capacity with a fraction"),
    ],
)
async def test_nearest_van_takes_no_answer_that_does_not_fit(agent: ServedAgent, said: dict[str, Any]) -> None:
    """What does not fit the peer's own model is the peer's fault, and is told so."""
    peer = StandIn().say("nearest_van", said)
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


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(RESERVE_VAN_ARGUMENTS, id="the sample"),
        pytest.param({"van_id": "x" * 40}, id="van_id of 40 characters"),
    ],
)
async def test_reserve_van_asks_for_exactly_this(agent: ServedAgent, arguments: dict[str, Any]) -> None:
    """The request goes out once, as it is declared, also at the peer's own bounds."""
    peer = StandIn().say("reserve_van", RESERVE_VAN_SAID)
    with agent.hearing("fleet", peer):
        await reserve_van(agent.context(), ReserveVanRequest.model_validate(arguments))
    assert peer.requests == [{"packet_type": "reserve_van", "arguments": arguments}]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        pytest.param(without(RESERVE_VAN_ARGUMENTS, "van_id"), "van_id", id="van_id missing"),
        pytest.param({"van_id": {"neither": "nor"}}, "van_id", id="van_id of another type"),
        pytest.param({"van_id": "x" * 41}, "van_id", id="van_id too long"),
        pytest.param({**RESERVE_VAN_ARGUMENTS, "undeclared_field": 1}, "undeclared_field", id="undeclared field"),
    ],
)
async def test_reserve_van_asks_for_nothing_that_the_peer_refuses(arguments: dict[str, Any], field: str) -> None:
    """It is seen before anybody is asked."""
    with pytest.raises(ValidationError, match=field):
        ReserveVanRequest.model_validate(arguments)


@pytest.mark.parametrize("beside", [{}, {"undeclared_field": 1}])
async def test_reserve_van_gives_back_the_answer(agent: ServedAgent, beside: dict[str, Any]) -> None:
    """What the peer declares; what it says beside that, as a later version may, is left out."""
    with agent.hearing("fleet", StandIn().say("reserve_van", {**RESERVE_VAN_SAID, **beside})):
        found = await reserve_van(agent.context(), RESERVE_VAN_REQUEST)
    assert found.model_dump(mode="json") == RESERVE_VAN_SAID


@pytest.mark.parametrize(
    "said", [pytest.param(RESERVE_VAN_SAID, id="the sample"), pytest.param({"reserved": False}, id="reserved False")]
)
async def test_reserve_van_takes_whatever_the_peer_may_answer(agent: ServedAgent, said: dict[str, Any]) -> None:
    """Up to its bounds, and each of its choices."""
    with agent.hearing("fleet", StandIn().say("reserve_van", said)):
        assert (await reserve_van(agent.context(), RESERVE_VAN_REQUEST)).model_dump(mode="json") == said


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(without(RESERVE_VAN_SAID, "reserved"), id="reserved missing"),
        pytest.param({"reserved": {"neither": "nor"}}, id="reserved of another type"),
    ],
)
async def test_reserve_van_takes_no_answer_that_does_not_fit(agent: ServedAgent, said: dict[str, Any]) -> None:
    """What does not fit the peer's own model is the peer's fault, and is told so."""
    peer = StandIn().say("reserve_van", said)
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
