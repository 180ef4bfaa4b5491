from dataclasses import dataclass

import pytest
from claims_desk.assessment import assess


@dataclass(frozen=True)
class Report:
    damage_kind: str
    declared_value: float
    photographs: int


@pytest.mark.parametrize(
    ("kind", "severity", "estimate"),
    [("torn", "minor", 60.0), ("wet", "major", 160.0), ("crushed", "major", 240.0), ("missing", "total", 400.0)],
)
def test_each_kind_of_damage_has_its_severity_and_share(kind, severity, estimate):
    assessed = assess(Report(kind, 400.0, 3))
    assert (assessed["severity"], assessed["estimate"]) == (severity, estimate)


def test_photographs_make_the_estimate_surer_up_to_the_third():
    sure = [assess(Report("wet", 100.0, number))["confidence"] for number in (0, 1, 3, 20)]
    assert sure == [0.5, 0.65, 0.95, 0.95]


def test_a_missing_parcel_needs_no_photograph():
    assert assess(Report("missing", 100.0, 0))["confidence"] == 0.95
