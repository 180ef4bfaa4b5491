"""Endpoints of Desk as api/routes.py lists them."""

from __future__ import annotations

import pytest
from fees.rules import fee_of as refund_function
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    composition,
    operations,
)
from l9stack.agent.testing import ServedAgent

import L9.agents.desk.api.routes as module

AGENT = "desk"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_endpoints(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Those of the schema, each for its own method alone, and no others."""
    await composition.routes(l9_checks, l9_agent, module.ROUTES, [("POST", "/desk/refund", "refund")])


async def test_refund(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Refund, at POST /desk/refund."""
    declared = operations.DeclaredOperation(
        "refund",
        request={"amount": 12},
        refused={"amount": [ABSENT, {"neither": "nor"}, -0.01, 900.01], "undeclared_field": [1]},
        paths=["/desk/refund"],
    )
    await operations.bound(l9_checks, l9_agent, declared)
    await operations.implemented(l9_checks, l9_agent, declared, refund_function, ["fee"])
