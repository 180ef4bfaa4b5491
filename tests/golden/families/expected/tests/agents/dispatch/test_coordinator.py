"""Tests of coordinator.py: Dispatch: what it asks of several agents at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent import PeerError
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, StandIn, serving

from L9.agents.dispatch.coordinator import WIRED, consult

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "dispatch.json", l9_code, l9_backends) as served:
        yield served


REQUESTS: dict[str, dict[str, Any]] = {
    "fleet.nearest_van": {"region": "north"},
    "fleet.reserve_van": {"van_id": "V-7"},
}
SAID: dict[str, dict[str, Any]] = {
    "fleet.nearest_van": {"van_id": "V-7", "free_capacity": 12},
    "fleet.reserve_van": {"reserved": True},
}


def peers() -> dict[str, StandIn]:
    """Every agent that may be asked, each with its answers."""
    answers: dict[str, dict[str, Any]] = {
        "fleet": {},
    }
    for name, said in SAID.items():
        peer, _, operation = name.rpartition(".")
        answers[peer][operation] = said
    return {peer: StandIn(said) for peer, said in answers.items()}


async def test_all_that_is_wired_is_asked_at_once(agent: ServedAgent) -> None:
    """Each answer stands under the name that was asked for."""
    with agent.hearing_all(peers()):
        assert await consult(agent.context(), REQUESTS) == SAID


@pytest.mark.parametrize("name", REQUESTS)
async def test_each_is_asked_for_exactly_this(agent: ServedAgent, name: str) -> None:
    """One alone, too; the others are left in peace."""
    heard = peers()
    peer, _, operation = name.rpartition(".")
    with agent.hearing_all(heard):
        assert await consult(agent.context(), {name: REQUESTS[name]}) == {name: SAID[name]}
    assert heard[peer].requests == [{"operation": operation, "arguments": REQUESTS[name]}]
    assert all(not other.requests for other_name, other in heard.items() if other_name != peer)


async def test_nobody_is_asked_where_nothing_is_wanted(agent: ServedAgent) -> None:
    """No request, no answer."""
    with agent.hearing_all({}):
        assert await consult(agent.context(), {}) == {}


@pytest.mark.parametrize(
    ("failing", "kind"),
    [(None, "unreachable"), (StandIn.down(), "timeout"), (StandIn.malformed(), "malformed"), (StandIn(), "refused")],
)
@pytest.mark.parametrize("name", ["fleet"])
async def test_one_that_fails_fails_the_whole(
    agent: ServedAgent, name: str, failing: StandIn | None, kind: str
) -> None:
    """Half an answer is none; who failed is told, and how."""
    heard = {peer: stand_in for peer, stand_in in peers().items() if peer != name}
    if failing is not None:
        heard[name] = failing
    with agent.hearing_all(heard), pytest.raises(PeerError, match=f"{name}: {kind}"):
        await consult(agent.context(), REQUESTS)


@pytest.mark.parametrize("name", ["stranger.do", "do", ""])
async def test_what_is_not_wired_is_not_asked(agent: ServedAgent, name: str) -> None:
    """It is named, and nobody else is asked either."""
    heard = peers()
    with agent.hearing_all(heard), pytest.raises(KeyError) as raised:
        await consult(agent.context(), {**REQUESTS, name: {}})
    assert raised.value.args == (name,)
    assert [peer.requests for peer in heard.values()] == [[] for _ in heard]


async def test_all_that_is_not_wired_is_named(agent: ServedAgent) -> None:
    """So that one look is enough."""
    with pytest.raises(KeyError) as raised:
        await consult(agent.context(), {"stranger.do": {}, "another.do": {}})
    assert raised.value.args == ("another.do, stranger.do",)


async def test_the_wired_operations_are_those_of_the_glue() -> None:
    """No operation less, none more."""
    assert list(WIRED) == list(REQUESTS)
