"""TollGate to Tariff: api_call toll; event_observe passed. Both run for real, in one namespace."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from l9stack.agent.conformance import ABSENT, Checks, exchanges, observations, operations
from l9stack.agent.testing import ServedAgent

AGENTS = ["toll_gate", "tariff"]
EXCHANGES = [
    exchanges.Exchange(
        "pass_through",
        packet={"operation": "toll", "arguments": {"kind": "bike", "distance": 120}},
        request={"plate": "BA-77", "kind": "bike", "distance": 120},
        sent={"kind": "bike", "distance": 120},
        said={"toll": 6.0, "rebate": 1, "cheap": False},
        answer={"plate": "BA-77", "toll": 5.0, "dear": False},
        cases=[
            operations.Case(),
            operations.Case(request={"kind": "car"}, sent={"kind": "car"}, said={"toll": 12.0}, answer={"toll": 11.0}),
            operations.Case(
                request={"kind": "lorry"}, sent={"kind": "lorry"}, said={"toll": 48.0}, answer={"toll": 47.0}
            ),
            operations.Case(
                request={"distance": 0},
                sent={"distance": 0},
                said={"toll": 0.0, "rebate": 0, "cheap": True},
                answer={"toll": 0.0},
            ),
            operations.Case(
                request={"distance": 900},
                sent={"distance": 900},
                said={"toll": 45.0, "rebate": 4},
                answer={"toll": 41.0},
            ),
        ],
        once=True,
        unfit={"kind": [ABSENT], "distance": [{"neither": "nor"}], "undeclared_field": [1]},
        source_faults=[("working", "working, event passed"), ("episodic", "episodic, governance, audit")],
        target_faults=[("episodic", "episodic, governance, audit")],
    ),
]
EVENTS = [
    observations.Event(
        "passed",
        "on_passed",
        payload={"plate": "BA-77", "toll": 12, "dear": True},
        fields=["dear", "plate", "toll"],
        missing="dear",
    ),
]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def pair(l9_agents: Mapping[str, ServedAgent]) -> exchanges.Pair:
    """Both agents."""
    return exchanges.Pair(l9_agents, "toll_gate", "tariff")


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
