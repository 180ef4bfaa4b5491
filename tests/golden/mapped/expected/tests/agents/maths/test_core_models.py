"""Tests of core/models.py: Maths: records that the glue names."""

from __future__ import annotations

from typing import Any

import pytest
from l9stack.agent import Record
from l9stack.agent.records import as_values, misfits, wrapped
from pydantic import ValidationError

from L9.maths.core.models import PlotRequest, PlotResult

MODELS: dict[str, type[Record]] = {
    "PlotRequest": PlotRequest,
    "PlotResult": PlotResult,
}
GOOD: list[tuple[str, dict[str, Any]]] = [
    ("PlotRequest", {"expr": "expr", "width": 1}),
    ("PlotResult", {}),
    ("PlotResult", {"word": "text"}),
    ("PlotResult", {"number": 1.5}),
    ("PlotResult", {"list": [1, "a"]}),
    ("PlotResult", {"deep": {"a": None}}),
]


@pytest.mark.parametrize(("name", "values"), GOOD)
def test_good_values_are_read_and_written_back(name: str, values: dict[str, Any]) -> None:
    """What was given is there again, beside the defaults."""
    made = MODELS[name].model_validate(wrapped(MODELS[name], values))
    assert as_values(made).items() >= values.items()


@pytest.mark.parametrize(("name", "values"), GOOD)
def test_a_record_survives_json(name: str, values: dict[str, Any]) -> None:
    """It can be sent, and is equal when it arrives."""
    made = MODELS[name].model_validate(wrapped(MODELS[name], values))
    assert MODELS[name].model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize(("name", "values"), GOOD)
def test_a_record_cannot_be_changed(name: str, values: dict[str, Any]) -> None:
    """Whoever holds it, it says what it said."""
    made = MODELS[name].model_validate(wrapped(MODELS[name], values))
    with pytest.raises(ValidationError):
        made.anything = 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("PlotRequest", {"width": 1}, "expr"),
        ("PlotRequest", {"expr": {"neither": "nor"}, "width": 1}, "expr"),
        ("PlotRequest", {"expr": "expr", "width": {"neither": "nor"}}, "width"),
        ("PlotRequest", {"expr": "expr", "width": 1.5}, "width"),
        ("PlotRequest", {"expr": "expr", "width": 1, "undeclared_field": 1}, "undeclared_field"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, values: dict[str, Any], field: str) -> None:
    """Each wrong field is told by its name."""
    assert [told.partition(":")[0].partition(".")[0] for told in misfits(MODELS[name], values)] == [field]
