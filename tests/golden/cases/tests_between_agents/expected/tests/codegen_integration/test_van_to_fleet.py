"""Van to Fleet: api_call nearest. Both run for real, in one namespace."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from l9stack.agent.conformance import ABSENT, Checks, exchanges
from l9stack.agent.testing import ServedAgent

AGENTS = ["van", "fleet"]
EXCHANGES = [
    exchanges.Exchange(
        "nearest",
        packet={"operation": "nearest", "arguments": {"region": "north"}},
        due={"van_id": "V-north"},
        once=True,
        unfit={"region": [ABSENT, "none of these"], "undeclared_field": [1]},
    ),
]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def pair(l9_agents: Mapping[str, ServedAgent]) -> exchanges.Pair:
    """Both agents."""
    return exchanges.Pair(l9_agents, "van", "fleet")


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
