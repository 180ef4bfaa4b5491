"""Verdicts as a table, a list of survivors, and data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.mutants.trial import Verdict

GOAL = 85.0
"""Percent of the mutants that have to be caught."""


def percent(verdicts: Sequence[Verdict]) -> float:
    """How many of them were caught, in percent; those whose tests did not end count as caught."""
    return 100 * sum(verdict.ending != "survived" for verdict in verdicts) / len(verdicts)


def table(verdicts: Sequence[Verdict]) -> str:
    """A line a family, and one for all."""
    groups = {name: [v for v in verdicts if v.module.family == name] for name in _families(verdicts)}
    rows = [("FAMILY", "MUTANTS", "CAUGHT", "OF THEM TIMEOUTS", "PERCENT")]
    for name, group in [*groups.items(), ("all", list(verdicts))]:
        caught, late = sum(v.ending != "survived" for v in group), sum(v.ending == "timeout" for v in group)
        rows.append((name, str(len(group)), str(caught), str(late or ""), f"{percent(group):.1f}"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    )


def survivors(verdicts: Sequence[Verdict]) -> str:
    """Each mutant that no test saw: where it is, and what was changed."""
    return "\n".join(
        f"{v.module.collection}/{v.module.path}:{v.mutant.line}: {v.mutant.operator}\n"
        f"    - {v.mutant.before}\n    + {v.mutant.after}"
        for v in verdicts
        if v.ending == "survived"
    )


def data(verdicts: Sequence[Verdict], seed: int) -> dict[str, Any]:
    """The same as one JSON document."""
    return {
        "seed": seed,
        "goal_percent": GOAL,
        "caught_percent": round(percent(verdicts), 1),
        "mutants": [
            {
                "family": v.module.family,
                "file": f"{v.module.collection}/{v.module.path}",
                "line": v.mutant.line,
                "operator": v.mutant.operator,
                "before": v.mutant.before,
                "after": v.mutant.after,
                "ending": v.ending,
                "by": v.by,
            }
            for v in verdicts
        ],
    }


def _families(verdicts: Sequence[Verdict]) -> list[str]:
    return sorted({verdict.module.family for verdict in verdicts})
