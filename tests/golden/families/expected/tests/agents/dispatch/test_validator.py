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
    """Nothing is said of a request that fits, and it is left as it was."""
    values = dict(GOOD[name])
    assert check(name, values) == []
    assert values == GOOD[name]


@pytest.mark.parametrize("name", GOOD)
def test_every_misfit_is_told_at_once(name: str) -> None:
    """Each field that has to be given is named where none is."""
    required = [field for field, spec in MODELS[name].model_fields.items() if spec.is_required()]
    assert [told.partition(":")[0] for told in check(name, {})] == required


@pytest.mark.parametrize("name", GOOD)
def test_a_misfit_does_not_tell_the_value(name: str) -> None:
    """What was sent may be a secret: only the field and the reason are told."""
    (told,) = check(name, {**GOOD[name], "undeclared_field": "hunter2"})
    assert told.startswith("undeclared_field: ")
    assert "hunter2" not in told


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
    assert {told.partition(":")[0].partition(".")[0] for told in check(name, values)} == {field}


def test_every_request_that_is_declared_is_checked() -> None:
    """No operation less, none more."""
    assert list(MODELS) == list(GOOD)


@pytest.mark.parametrize("name", ["no such request", "", "model_fields"])
def test_a_name_that_stands_for_no_request_is_refused(name: str) -> None:
    """Nothing is checked against the wrong model."""
    with pytest.raises(KeyError):
        check(name, {})
