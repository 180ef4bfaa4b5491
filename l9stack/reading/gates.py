"""Rows of the validation checklist: thresholds of known gates, and gates of the user's own."""

from __future__ import annotations

import re
from typing import get_args

from l9stack.model.meta import CheckKind, GateCheck, GateThreshold, Within
from l9stack.names import identifier
from l9stack.reading.fields import Section

UNITS = ("percent", "count_max", "count_min", "flag")
_PHASES = tuple(f"phase_{number}" for number in range(7))
_MEASURED = (2, 3, 4, 5)
"""Phases in which a gate of the user's own may stand: before them there is no text to measure."""
_UNIT = {"forbid_pattern": "count_max", "require_text": "count_min", "require_file": "count_min"}
_NEEDS = {"forbid_pattern": "pattern", "require_text": "pattern", "require_file": "file", "max_lines": "threshold"}
_ROW = ("unit", "threshold", "description", "kind", "within", "pattern", "file")
_NESTED = re.compile(r"\((?:[^()\\]|\\.)*[+*](?:[^()\\]|\\.)*\)[+*{]")
"""A repeated group that repeats something itself: matching it may take longer than anybody waits."""


def read_gates(section: Section) -> tuple[GateThreshold, ...]:
    """Every row below `gates:`; unknown phases, units and kinds are errors with a suggestion."""
    rows: list[GateThreshold] = []
    for name in _PHASES:
        phase = section.section(name)
        for gate, node in phase.rest().items():
            row = _row(Section(node, f"gates.{name}.{gate}", section.problems, node.place), gate, int(name[-1]))
            if first := next((known for known in rows if known.gate == gate), None):
                message = f"the gate {gate} has a row at {first.place} already"
                section.error("two-rows", message, node.place, "keep one of them")
            rows.append(row)
    section.close(_PHASES, strict=True)
    return tuple(rows)


def _row(entry: Section, gate: str, phase: int) -> GateThreshold:
    check = _check(entry, gate, phase)
    default = "flag" if check is None else _UNIT.get(check.kind, "count_max")
    unit, threshold = entry.choice("unit", UNITS, default), entry.number("threshold")
    if threshold is None and unit != "flag" and (check is None or check.kind == "max_lines"):
        entry.error("missing-field", f"{entry.where}: `threshold` is missing", None, f"what is enough, for {unit}")
    if threshold is not None and (threshold < 0 or (unit == "percent" and threshold > 100)):
        message = f"{entry.where}.threshold {threshold:g} cannot be reached by a figure of this unit"
        entry.error("out-of-bounds", message, entry.places["threshold"], "percent is from 0 to 100, counts from 0")
    if check is not None and unit not in ("count_max", "count_min"):
        entry.error("bad-unit", f"{entry.where}: {check.kind} is a count", entry.place, "known: count_max, count_min")
    row = GateThreshold(
        gate=gate,
        phase=phase,
        threshold=(0.0 if unit == "count_max" else 1.0) if threshold is None else threshold,
        unit=unit,
        description=" ".join(entry.text("description").split()),
        check=check,
        place=entry.place,
    )
    entry.close(_ROW, strict=True)
    return row


def _check(entry: Section, gate: str, phase: int) -> GateCheck | None:
    """The check of a row with a `kind`; what a row without one must not have is refused."""
    if not entry.has("kind"):
        for name in ("within", "pattern", "file"):
            if entry.has(name):
                hint = f"add `kind:`, one of {', '.join(get_args(CheckKind))}, or remove it"
                entry.error("missing-field", f"{entry.where}: `{name}` says nothing without a `kind`", None, hint)
        return None
    kind = entry.choice("kind", get_args(CheckKind), "")
    if identifier(gate) != gate:
        entry.error("bad-gate", f"{gate!r} is no name of a gate", None, "use snake_case")
    if phase not in _MEASURED:
        hint = f"put it below {', '.join(f'phase_{number}' for number in _MEASURED)}"
        entry.error("bad-phase", f"{entry.where}: there is no text to measure in phase {phase}", None, hint)
    if kind and not entry.has(_NEEDS[kind]):
        entry.error("missing-field", f"{entry.where}: {kind} needs `{_NEEDS[kind]}`")
    for name, kinds in (("pattern", ("forbid_pattern", "require_text")), ("file", get_args(CheckKind))):
        if entry.has(name) and kind and kind not in kinds:
            entry.error("unknown-field", f"{entry.where}: `{name}` says nothing for {kind}", None, "remove it")
    folders = entry.texts("within") or ("code",)
    if wrong := [name for name in folders if name not in get_args(Within)]:
        known = f"known: {', '.join(get_args(Within))}"
        entry.error("bad-folder", f"{entry.where}.within: {wrong[0]!r} is no folder of an extraction", None, known)
    pattern = entry.text("pattern")
    if fault := _fault(pattern):
        entry.error("bad-pattern", f"{entry.where}.pattern: {fault}", entry.places.get("pattern"))
    if not kind or wrong or fault:
        return None
    return GateCheck.model_validate(
        {"kind": kind, "within": folders, "pattern": pattern, "file": entry.text("file", "*")}
    )


def _fault(pattern: str) -> str:
    """Why a pattern cannot be used; empty where it can."""
    if len(pattern) > 500:
        return "longer than 500 characters"
    if _NESTED.search(pattern):
        return "a repetition within a repeated group may never end"
    try:
        re.compile(pattern)
    except re.error as error:
        return f"no regular expression: {error}"
    return ""
