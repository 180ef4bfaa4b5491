"""The table of gates: an id of the validation checklist → what measures it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from l9stack.errors import Place, Problem
from l9stack.gates.scene import Scene
from l9stack.model.evidence import GateResult
from l9stack.model.meta import GateThreshold
from l9stack.model.plan import AgentPlan
from l9stack.names import AgentId

Scope = Literal["agent", "collection"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A measured figure; `detail` names what was counted or the first offenders, `place` the first of them."""

    figure: float
    detail: str = ""
    place: Place | None = None


AgentMeasure = Callable[[Scene, AgentPlan], Finding]
CollectionMeasure = Callable[[Scene], Finding]

AGENT_GATES: dict[str, AgentMeasure] = {}
COLLECTION_GATES: dict[str, CollectionMeasure] = {}
BASELINE_GATES: dict[str, Scope] = {}
"""Measured by `l9stack.gates.baseline` with real servers."""
TEST_GATES: dict[str, Scope] = {}
"""Measured by running the generated tests."""
FINAL_GATES: dict[str, Scope] = {}
"""Measured on the finished report and manifest."""


def agent_gate(gate: str) -> Callable[[AgentMeasure], AgentMeasure]:
    """Register a static gate that is measured for each agent."""

    def register(measure: AgentMeasure) -> AgentMeasure:
        AGENT_GATES[gate] = measure
        return measure

    return register


def collection_gate(gate: str) -> Callable[[CollectionMeasure], CollectionMeasure]:
    """Register a static gate that is measured once for the collection."""

    def register(measure: CollectionMeasure) -> CollectionMeasure:
        COLLECTION_GATES[gate] = measure
        return measure

    return register


def known_gates() -> frozenset[str]:
    """Every id that can be measured."""
    return frozenset({*AGENT_GATES, *COLLECTION_GATES, *BASELINE_GATES, *TEST_GATES, *FINAL_GATES})


def unknown_gates(rows: Iterable[GateThreshold]) -> tuple[Problem, ...]:
    """A problem for each row of the checklist that nothing measures: a gate that cannot fail would be a lie."""
    known = known_gates()
    return tuple(
        Problem(
            "unknown-gate",
            f"nothing measures the gate {row.gate!r} of phase {row.phase}",
            row.place,
            f"known gates: {', '.join(sorted(known))}",
        )
        for row in rows
        if row.gate not in known
    )


def holds(figure: float, row: GateThreshold) -> bool:
    """Whether a figure reaches the row's threshold, by its unit."""
    if row.unit in {"count_max", "seconds"}:
        return figure <= row.threshold
    return figure >= row.threshold


def result(row: GateThreshold, agent: AgentId | None, finding: Finding) -> GateResult:
    """The finding beside its threshold."""
    return GateResult(
        gate=row.gate,
        phase=row.phase,
        agent=agent,
        figure=round(finding.figure, 2),
        threshold=row.threshold,
        unit=row.unit,
        passed=holds(finding.figure, row),
        detail=finding.detail,
        place=finding.place,
    )


def percent(good: int, total: int) -> float:
    """`good` of `total` in percent; nothing asked for is all of it."""
    return 100.0 * good / total if total else 100.0


def some(names: Iterable[str], limit: int = 5) -> str:
    """The first few names, and how many more there are."""
    listed = list(names)
    rest = len(listed) - limit
    return ", ".join(listed[:limit]) + (f" and {rest} more" if rest > 0 else "")
