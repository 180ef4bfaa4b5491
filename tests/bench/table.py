"""Figures as one table for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from typing import Any

from l9stack.engine import find
from tests.bench.figures import Figure, Goal

HEADER = ("FIGURE", "MEDIAN", "MIN-MAX", "RUNS", "GOAL", "", "BESIDE IT", "RATIO, PAIR BY PAIR")


def table(figures: Sequence[Figure]) -> str:
    """One line a figure."""
    rows = [HEADER, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def machine() -> dict[str, Any]:
    """What the figures depend on, in general terms."""
    engine = find()
    return {
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "pulumi": engine.version if engine else None,
        "load": round(os.getloadavg()[0], 1),
    }


def machine_line(data: dict[str, Any]) -> str:
    """The machine on one line."""
    return (
        f"{data['cores']} cores, {data['system']}, Python {data['python']}, Pulumi {data['pulumi'] or 'missing'}, "
        f"load {data['load']} when it began"
    )


def _row(figure: Figure) -> tuple[str, ...]:
    met = {True: "met", False: "missed", None: ""}[figure.met]
    beside = ", ".join(_number(value) for value in figure.beside)
    return (
        figure.name,
        f"{_number(figure.median)} {figure.unit}",
        f"{_number(min(figure.values))}-{_number(max(figure.values))}" if len(figure.values) > 1 else "",
        str(len(figure.values)),
        _goal(figure.goal, figure.unit),
        met,
        f"{beside} {figure.unit}" if beside else "",
        ", ".join(f"{ratio:.2f}" for ratio in figure.ratios),
    )


def _goal(goal: Goal | None, unit: str) -> str:
    if goal is None:
        return ""
    return f"within {goal.limit:g} times" if goal.relative else f"under {goal.limit:g} {unit}"


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
