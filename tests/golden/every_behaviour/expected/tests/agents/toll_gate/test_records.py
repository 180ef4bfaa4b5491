"""What TollGate does in records.py, through the whole pipeline and with real memory."""

from __future__ import annotations

import pytest
from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    look_ups,
    operations,
)
from l9stack.agent.testing import ServedAgent

AGENT = "toll_gate"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_note_incident(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Keep what happened on the road."""
    declared = operations.Declared(
        "note_incident",
        request={"plate": "BA-77", "story": "A tyre lay on the road."},
        answer={"length": 23, "label": "short"},
        cases=[
            operations.Case(),
            operations.Case(request={"plate": "xx"}),
            operations.Case(request={"story": "x"}, answer={"length": 1}),
            operations.Case(request={"plate": "xxxxxxxxxxxx"}),
            operations.Case(request={"story": "x" * 500}, answer={"length": 500, "label": "long"}),
        ],
        refused={
            "plate": [ABSENT, {"neither": "nor"}, "x", "x" * 13],
            "story": [ABSENT, {"neither": "nor"}, "", "x" * 501],
            "undeclared_field": [1],
        },
        record_id=True,
    )
    await operations.bound(l9_checks, l9_agent, declared)


async def test_keep_plate(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Keep a plate, with no more of an answer than where it is kept."""
    declared = operations.Declared(
        "keep_plate",
        request={"plate": "BA-77"},
        answer={},
        cases=[
            operations.Case(),
            operations.Case(request={"plate": "xx"}),
            operations.Case(request={"plate": "xxxxxxxxxxxx"}),
        ],
        refused={"plate": [ABSENT, {"neither": "nor"}, "x", "x" * 13], "undeclared_field": [1]},
        record_id=True,
    )
    await operations.bound(l9_checks, l9_agent, declared)


async def test_passages_of(l9_agent: ServedAgent, l9_checks: Checks) -> None:
    """Find earlier calls about a plate."""
    declared = operations.Declared(
        "passages_of",
        request={"plate": "BA-77", "kind": "bike"},
        refused={
            "plate": [ABSENT, {"neither": "nor"}, "x", "x" * 13],
            "kind": [ABSENT, {"neither": "nor"}, "none of these"],
            "undeclared_field": [1],
        },
    )
    await operations.bound(l9_checks, l9_agent, declared)
    await look_ups.look_up(
        l9_checks,
        l9_agent,
        look_ups.LookUp("passages_of", declared.request, 2, {"plate": "other-plate", "kind": "car"}, ["count"]),
    )
