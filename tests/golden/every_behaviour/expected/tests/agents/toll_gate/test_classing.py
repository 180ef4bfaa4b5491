"""What TollGate does in classing.py, through the whole pipeline and with real memory."""

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


async def test_class_vehicle(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Class a vehicle by what is seen of it."""
    declared = operations.Declared(
        "class_vehicle",
        request={"axles": 2, "height": 1.6, "fuel": "diesel", "marks": ["local"], "trailer": True},
        answer={"kind": "lorry", "surcharge": 5.0, "marks": ["heavy"], "confidence": 0.9, "exempt": False},
        cases=[
            operations.Case(request={"height": 2.5}),
            operations.Case(
                request={"fuel": "electric", "trailer": False},
                answer={"kind": "car", "surcharge": 0, "marks": ["local"], "confidence": 0.8, "exempt": True},
            ),
            operations.Case(
                request={"height": 1.19, "marks": []},
                answer={"kind": "bike", "surcharge": 0, "marks": [], "confidence": 0.4, "exempt": True},
                escalates=True,
            ),
            operations.Case(answer={"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95}),
            operations.Case(
                request={"height": 1.19}, answer={"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95}
            ),
            operations.Case(
                request={"height": 1.2}, answer={"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95}
            ),
            operations.Case(
                request={"height": 2.5, "trailer": False},
                answer={"kind": "car", "surcharge": 0, "marks": ["local"], "confidence": 0.95},
            ),
            operations.Case(
                request={"height": 1.21}, answer={"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95}
            ),
            operations.Case(
                request={"height": 2.49}, answer={"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95}
            ),
            operations.Case(
                request={"height": 0.5}, answer={"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95}
            ),
            operations.Case(
                request={"fuel": "x" * 20, "trailer": False},
                answer={"kind": "car", "surcharge": 0, "marks": ["local"], "confidence": 0.95},
            ),
            operations.Case(
                request={"fuel": "electric"},
                answer={"kind": "car", "surcharge": 5, "marks": ["local"], "confidence": 0.95},
            ),
        ],
        refused={
            "axles": [ABSENT, {"neither": "nor"}, 1, 13, 1.5],
            "height": [ABSENT, {"neither": "nor"}, 0.49, 6.01],
            "fuel": [ABSENT, {"neither": "nor"}, "x" * 21],
            "marks": [ABSENT, {"neither": "nor"}],
            "trailer": [{"neither": "nor"}],
            "undeclared_field": [1],
        },
        paths=["/gate/class_vehicle"],
    )
    await operations.bound(l9_checks, l9_agent, declared)
