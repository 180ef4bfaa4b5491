"""What Fleet does in logger.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    Checks,
    unbound,
)
from l9stack.agent.testing import ServedAgent

AGENT = "fleet"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_logger(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Nobody has bound it: it waits for an anchor, whose answer becomes its own."""
    declared = unbound.Unbound(
        "logger",
        request={"note": "any object"},
        answer={"answer": "given by an anchor"},
        refused={},
        declared=False,
    )
    await unbound.waiting(l9_checks, l9_agent, declared, ["Shift Lead"])
