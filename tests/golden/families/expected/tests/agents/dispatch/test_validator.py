"""Tests of validator.py: Dispatch: what its operations take."""

from __future__ import annotations

from typing import Any

from l9stack.agent.conformance import (
    ABSENT,
    Checks,
    records,
)

import L9.agents.dispatch.validator as module

GOOD: dict[str, dict[str, Any]] = {
    "assign": {"request_id": "R-1", "region": "north", "distance": 12},
}
BAD: dict[str, list[dict[str, Any]]] = {
    "assign": [
        {"request_id": ABSENT},
        {"request_id": ""},
        {"region": ABSENT},
        {"region": "none of these"},
        {"distance": {"neither": "nor"}},
        {"distance": 500.01},
    ],
}


def test_the_requests(l9_checks: Checks) -> None:
    """Nothing is said of one that fits, and of each other one which field is wrong."""
    records.validator(l9_checks, module, GOOD, BAD)
