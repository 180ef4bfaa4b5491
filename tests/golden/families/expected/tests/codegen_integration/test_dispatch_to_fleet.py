"""Dispatch to Fleet: api_call nearest_van; event_observe van_assigned; packet_send reserve_van; soft.

Both run for real, in one namespace.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from l9stack.agent.conformance import ABSENT, Checks, exchanges, observations
from l9stack.agent.testing import ServedAgent

AGENTS = ["dispatch", "fleet"]
EXCHANGES = [
    exchanges.Exchange(
        "nearest_van",
        packet={"operation": "nearest_van", "arguments": {"region": "north"}},
        due={"van_id": "V-north", "free_capacity": 12},
        once=True,
        unfit={"region": [ABSENT, "none of these"], "undeclared_field": [1]},
        source_faults=[
            ("working", "working"),
            ("episodic", "episodic, governance, audit"),
            ("semantic", "semantic"),
            ("causal", "causal"),
        ],
    ),
    exchanges.Exchange(
        "reserve_van",
        packet={"packet_type": "reserve_van", "arguments": {"van_id": "V-7"}},
        due={"reserved": True},
        once=True,
        unfit={"van_id": [ABSENT, "x" * 41], "undeclared_field": [1]},
        source_faults=[
            ("working", "working"),
            ("episodic", "episodic, governance, audit"),
            ("semantic", "semantic"),
            ("causal", "causal"),
        ],
    ),
]
EVENTS = [
    observations.Event(
        "van_assigned",
        "on_van_assigned",
        publisher=("assign", {"request_id": "R-1", "region": "north", "distance": 12}),
        fields=["confidence", "van_id"],
        answer={},
        missing="confidence",
    ),
]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def pair(l9_agents: Mapping[str, ServedAgent]) -> exchanges.Pair:
    """Both agents."""
    return exchanges.Pair(l9_agents, "dispatch", "fleet")


async def test_both_agents_are_ready(pair: exchanges.Pair, l9_checks: Checks) -> None:
    """Each has every backend that it needs."""
    await exchanges.ready(l9_checks, pair)


async def test_the_answer_is_made_of_what_the_target_decides(pair: exchanges.Pair, l9_checks: Checks) -> None:
    """With just what follows from that, and both keep it under one trace."""
    await exchanges.answers(l9_checks, pair, EXCHANGES)


async def test_the_target_refuses_what_does_not_fit(pair: exchanges.Pair, l9_checks: Checks) -> None:
    """It checks the packet and keeps nothing of it; the source escalates the refusal."""
    await exchanges.unfit(l9_checks, pair, EXCHANGES)


async def test_a_target_that_fails_is_escalated(pair: exchanges.Pair, l9_checks: Checks) -> None:
    """Too late, down, or with an answer that is no packet."""
    await exchanges.failing_target(l9_checks, pair, EXCHANGES)


async def test_a_store_that_fails_is_logged_and_escalated(pair: exchanges.Pair, l9_checks: Checks) -> None:
    """The answer says which layer lacks it; what is critical is denied while decisions cannot be kept."""
    await exchanges.failing_stores(l9_checks, pair, EXCHANGES)


async def test_an_event_is_handled_once_under_its_trace(pair: exchanges.Pair, l9_checks: Checks) -> None:
    """It is kept while the observer is away, and handled when it is there again."""
    await observations.handled(l9_checks, pair, EVENTS)


async def test_an_event_that_fails_is_told(pair: exchanges.Pair, l9_checks: Checks) -> None:
    """What does not fit, is no event, or meets a store that is away."""
    await observations.failing(l9_checks, pair, EVENTS)
