"""What TollGate does in passages.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    operations,
)
from l9stack.agent.testing import ServedAgent

AGENT = "toll_gate"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_pass_through(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Ask for the toll, and let the vehicle pass."""
    declared = operations.Declared(
        "pass_through",
        request={"plate": "BA-77", "kind": "bike", "distance": 120},
        answer={"plate": "BA-77", "toll": 0, "dear": False},
        cases=[
            operations.Case(),
            operations.Case(request={"plate": "xx"}, answer={"plate": "xx"}),
            operations.Case(request={"distance": 0}, sent={"distance": 0}),
            operations.Case(request={"plate": "xxxxxxxxxxxx"}, answer={"plate": "xxxxxxxxxxxx"}),
            operations.Case(request={"kind": "car"}, sent={"kind": "car"}),
            operations.Case(request={"distance": 900}, sent={"distance": 900}),
            operations.Case(answer={"toll": 48.99}, said={"toll": 49.99}),
            operations.Case(answer={"toll": 49}, said={"toll": 50}),
            operations.Case(answer={"toll": 49.01, "dear": True}, said={"toll": 50.01}),
            operations.Case(answer={"toll": 78.99, "dear": True}, said={"toll": 79.99}),
            operations.Case(answer={"toll": 79, "dear": True}, said={"toll": 80}),
            operations.Case(answer={"toll": 79.01, "dear": True}, said={"toll": 80.01}),
            operations.Case(said={"toll": 0}),
            operations.Case(answer={"toll": 499, "dear": True}, said={"toll": 500}, escalates=True),
            operations.Case(answer={"toll": 1}, said={"rebate": 0}),
            operations.Case(said={"rebate": 50}),
        ],
        peer=operations.Peer(
            "tariff",
            "toll",
            said={"toll": 1, "rebate": 1, "cheap": True},
            sent={"kind": "bike", "distance": 120},
            unfit={
                "toll": [ABSENT, {"neither": "nor"}, -0.01, 500.01],
                "rebate": [ABSENT, {"neither": "nor"}, -0.01, 50.01],
            },
        ),
        refused={
            "plate": [ABSENT, {"neither": "nor"}, "x", "x" * 13],
            "kind": [ABSENT, {"neither": "nor"}, "none of these"],
            "distance": [ABSENT, {"neither": "nor"}, -0.01, 900.01],
            "undeclared_field": [1],
        },
        paths=["/gate/pass_through"],
        publishes="passed",
    )
    await operations.bound(l9_checks, l9_agent, declared)


async def test_weigh_passage(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Weigh a passage against the rules of the road."""
    declared = operations.Declared(
        "weigh_passage",
        request={"toll": 40, "confidence": 0.9},
        answer={"status": "APPROVED", "fired": [], "anchors": []},
        cases=[
            operations.Case(),
            operations.Case(request={"toll": 79.99}),
            operations.Case(
                request={"confidence": 0.49},
                answer={
                    "status": "ESCALATED",
                    "fired": ["confidence_0_5_and_criticality_0_6"],
                    "anchors": ["Road Master"],
                },
                escalates=True,
            ),
            operations.Case(request={"toll": 80}),
            operations.Case(request={"confidence": 0.5}),
            operations.Case(
                request={"toll": 80.01},
                answer={"status": "ESCALATED", "fired": ["toll_80"], "anchors": ["Road Master"]},
                escalates=True,
            ),
            operations.Case(request={"confidence": 0.51}),
            operations.Case(request={"toll": 0}),
            operations.Case(
                request={"confidence": 0},
                answer={
                    "status": "ESCALATED",
                    "fired": ["confidence_0_5_and_criticality_0_6"],
                    "anchors": ["Road Master"],
                },
                escalates=True,
            ),
            operations.Case(
                request={"toll": 500},
                answer={"status": "ESCALATED", "fired": ["toll_80"], "anchors": ["Road Master"]},
                escalates=True,
            ),
            operations.Case(request={"confidence": 1}),
        ],
        refused={
            "toll": [ABSENT, {"neither": "nor"}, -0.01, 500.01],
            "confidence": [ABSENT, {"neither": "nor"}, -0.01, 1.01],
            "undeclared_field": [1],
        },
    )
    await operations.bound(l9_checks, l9_agent, declared)
