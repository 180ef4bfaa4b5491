"""Ledger to Counter: event_observe entered. Both run for real, in one namespace."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from l9stack.agent.conformance import Checks, exchanges, observations
from l9stack.agent.testing import ServedAgent

AGENTS = ["ledger", "counter"]
EVENTS = [
    observations.Event(
        "entered",
        "on_entered",
        publisher=("enter", {"shelf": "A1", "amount": 7}),
        fields=["amount", "entry"],
        answer={"grade": "small"},
        missing="amount",
    ),
]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def pair(l9_agents: Mapping[str, ServedAgent]) -> exchanges.Pair:
    """Both agents."""
    return exchanges.Pair(l9_agents, "ledger", "counter")


async def test_both_agents_are_ready(pair: exchanges.Pair, l9_checks: Checks) -> None:
    """Each has every backend that it needs."""
    await exchanges.ready(l9_checks, pair)


async def test_an_event_is_handled_once_under_its_trace(pair: exchanges.Pair, l9_checks: Checks) -> None:
    """It is kept while the observer is away, and handled when it is there again."""
    await observations.handled(l9_checks, pair, EVENTS)


async def test_an_event_that_fails_is_told(pair: exchanges.Pair, l9_checks: Checks) -> None:
    """What does not fit, is no event, or meets a store that is away."""
    await observations.failing(l9_checks, pair, EVENTS)
