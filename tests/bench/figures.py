"""What was measured, as values: runs of one thing, or pairs of two things that ran in turn."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure should stay at or below `limit`: its median, or, where `relative`, the median of its pairs' ratios."""

    limit: float
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: every run's value in `unit`, and what ran beside each of them, in the same order."""

    name: str
    unit: str
    values: tuple[float, ...]
    goal: Goal | None = None
    beside: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """The median of all runs."""
        return statistics.median(self.values)

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours over what ran beside it, pair by pair."""
        return tuple(ours / other for ours, other in zip(self.values, self.beside, strict=False) if other)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None or (self.goal.relative and not self.ratios):
            return None
        return (statistics.median(self.ratios) if self.goal.relative else self.median) <= self.goal.limit

    def data(self) -> dict[str, Any]:
        """The figure as JSON data."""
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "values": list(self.values),
            "beside": list(self.beside),
            "ratios": list(self.ratios),
            "goal": None if self.goal is None else {"limit": self.goal.limit, "relative": self.goal.relative},
            "met": self.met,
        }


def percentile(values: list[float], percent: int) -> float:
    """The value below which `percent` of all lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * percent // 100) - 1))]
