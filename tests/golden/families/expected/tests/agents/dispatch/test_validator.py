"""Tests of validator.py: Dispatch: what its operations take."""

from __future__ import annotations

from typing import Any

import pytest

from L9.agents.dispatch.validator import MODELS, check

GOOD: dict[str, dict[str, Any]] = {
    "assign": {"request_id": "R-1", "region": "north", "distance": 12},
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_request_has_no_misfits(name: str) -> None:
    """Nothing is said of a request that fits."""
    assert check(name, GOOD[name]) == []


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("assign", {"region": "north", "distance": 12}, "request_id"),
        ("assign", {"request_id": "", "region": "north", "distance": 12}, "request_id"),
        ("assign", {"request_id": "R-1", "distance": 12}, "region"),
        ("assign", {"request_id": "R-1", "region": "none of these", "distance": 12}, "region"),
        ("assign", {"request_id": "R-1", "region": "north", "distance": {"neither": "nor"}}, "distance"),
        ("assign", {"request_id": "R-1", "region": "north", "distance": 500.01}, "distance"),
    ],
)
def test_each_misfit_is_told_by_its_field(name: str, values: dict[str, Any], field: str) -> None:
    """What is wrong is said of the field that is wrong, and of no other."""
    assert [told.partition(":")[0].partition(".")[0] for told in check(name, values)] == [field]


def test_every_request_that_is_declared_is_checked() -> None:
    """No operation less, none more."""
    assert list(MODELS) == list(GOOD)
    with pytest.raises(KeyError):
        check("no such request", {})
