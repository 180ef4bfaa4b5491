"""The table of gates: an id of the validation checklist → what measures it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from l9stack.errors import Place, Problem
from l9stack.gates.syntax import ParsedTree
from l9stack.model.evidence import GateResult
from l9stack.model.meta import GateThreshold
from l9stack.model.plan import AgentPlan, Plan
from l9stack.names import AgentId

Scope = Literal["agent", "collection"]


@dataclass(frozen=True, slots=True)
class GateMeasurement:
    """A measured figure; `detail` names what was counted or the first offenders, `place` the first of them."""

    figure: float
    detail: str = ""
    place: Place | None = None


AgentMeasure = Callable[[ParsedTree, AgentPlan], GateMeasurement]
CollectionMeasure = Callable[[ParsedTree], GateMeasurement]

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


_GUIDE = Place("templates/meta/CODEGEN_USAGE_GUIDE.md")
_GUIDE_ROWS = (
    (0, "flag", 1, "dependencies_resolved plan_locked"),
    (0, "count_max", 0, "no_assumptions"),
    (1, "flag", 1, "targets_writable hard_dependencies_present backends_online flags_set"),
    (1, "count_min", 1, "anchors_named"),
    (2, "flag", 1, "files_complete flags_applied"),
    (2, "count_max", 0, "syntax no_placeholders no_stub_bodies"),
    (3, "percent", 100, "input_validation output_bounds"),
    (3, "flag", 1, "rate_limits audit governance_wired"),
    (4, "percent", 95, "unit_tests"),
    (4, "percent", 90, "integration_tests"),
    (4, "percent", 85, "coverage"),
    (4, "percent", 100, "regression_tests"),
    (5, "flag", 1, "schema_matches_code"),
    (5, "count_max", 0, "no_scope_drift no_import_cycles"),
)


ADVISORY_WHEN_OFF = {
    "L9_ENABLE_CODEGEN_STRICT_MODE": frozenset({"no_placeholders", "no_stub_bodies"}),
    "L9_ENABLE_DEPENDENCY_VALIDATION": frozenset(
        {"dependencies_resolved", "hard_dependencies_present", "imports_resolve", "no_import_cycles"}
    ),
    "L9_ENABLE_MEMORY_SUBSTRATE_VALIDATION": frozenset({"backends_online"}),
}
"""Gates that are measured and reported, and stop nothing, while a feature flag is off."""


def advisory(plan: Plan) -> frozenset[str]:
    """The gates that stop nothing, by the feature flags of the plan."""
    off = [gates for flag, gates in ADVISORY_WHEN_OFF.items() if not plan.flags.get(flag, True)]
    return frozenset().union(*off)


def rows_of(plan: Plan) -> tuple[GateThreshold, ...]:
    """The rows of the checklist, and the guide's own figure for each gate that its report asks for and no row names.

    The report has to answer every item of the guide with a measured figure, so leaving a row out relaxes nothing; its
    threshold does.
    """
    named = {row.gate for row in plan.gates}
    missing = [
        GateThreshold(gate=gate, phase=phase, threshold=threshold, unit=unit, place=_GUIDE)
        for phase, unit, threshold, gates in _GUIDE_ROWS
        for gate in gates.split()
        if gate not in named
    ]
    return tuple(sorted((*plan.gates, *missing), key=lambda row: row.phase))


def known_gates() -> frozenset[str]:
    """Every id that can be measured."""
    return frozenset({*AGENT_GATES, *COLLECTION_GATES, *BASELINE_GATES, *TEST_GATES, *FINAL_GATES})


def unknown_gates(rows: Iterable[GateThreshold]) -> tuple[Problem, ...]:
    """A problem for each row that nothing measures, and for each gate of the user's own under a name that is taken."""
    known = known_gates()
    found = []
    for row in rows:
        if row.check is None and row.gate not in known:
            near = difflib.get_close_matches(row.gate, sorted(known), 1, 0.6)
            hint = f"did you mean `{near[0]}`?" if near else f"known gates: {', '.join(sorted(known))}"
            hint += " A gate of your own has a `kind:`"
            found.append(
                Problem("unknown-gate", f"nothing measures {row.gate!r} of phase {row.phase}", row.place, hint)
            )
        elif row.check is not None and row.gate in known:
            message = f"the gate {row.gate!r} is measured already, and cannot be defined anew"
            found.append(Problem("taken-gate", message, row.place, "give it a name of its own, or remove its `kind:`"))
    return tuple(found)


def holds(figure: float, row: GateThreshold) -> bool:
    """Whether a figure reaches the row's threshold, by its unit."""
    if row.unit in {"count_max", "seconds"}:
        return figure <= row.threshold
    return figure >= row.threshold


def result(row: GateThreshold, agent: AgentId | None, finding: GateMeasurement) -> GateResult:
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


def first_few(names: Iterable[str], limit: int = 5) -> str:
    """The first few names, and how many more there are."""
    listed = list(names)
    rest = len(listed) - limit
    return ", ".join(listed[:limit]) + (f" and {rest} more" if rest > 0 else "")
