"""Counter to Ledger: hard; packet_send enter. Both run for real, in one namespace."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from l9stack.agent.conformance import ABSENT, Checks, exchanges, operations
from l9stack.agent.testing import ServedAgent

AGENTS = ["counter", "ledger"]
EXCHANGES = [
    exchanges.Exchange(
        "total",
        packet={"operation": "enter", "arguments": {"shelf": "A1", "amount": 7}},
        request={"shelf": "A1", "first": 3, "second": 4},
        sent={"shelf": "A1", "amount": 7},
        said={"entry": "A1", "amount": 7},
        answer={"entry": "A1", "total": 7},
        cases=[
            operations.Case(),
            operations.Case(request={"shelf": "x"}, sent={"shelf": "x"}, said={"entry": "x"}, answer={"entry": "x"}),
            operations.Case(
                request={"shelf": "xxxxxxxxxx"},
                sent={"shelf": "xxxxxxxxxx"},
                said={"entry": "xxxxxxxxxx"},
                answer={"entry": "xxxxxxxxxx"},
            ),
            operations.Case(request={"first": 0}, sent={"amount": 4}, said={"amount": 4}, answer={"total": 4}),
            operations.Case(request={"second": 0}, sent={"amount": 3}, said={"amount": 3}, answer={"total": 3}),
            operations.Case(request={"first": 500}, sent={"amount": 504}, said={"amount": 504}, answer={"total": 504}),
        ],
        once=True,
        unfit={"shelf": [ABSENT], "amount": [{"neither": "nor"}], "undeclared_field": [1]},
        source_faults=[("working", "working"), ("episodic", "episodic, governance, audit")],
    ),
]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def pair(l9_agents: Mapping[str, ServedAgent]) -> exchanges.Pair:
    """Both agents."""
    return exchanges.Pair(l9_agents, "counter", "ledger")


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
