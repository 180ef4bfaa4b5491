"""`docs/gates.md`: the gates of phases 0 to 6, what each measures, and the figure that it has to reach."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

from l9stack.evidence import readiness  # noqa: F401 - importing it registers the gates of phase 6
from l9stack.extraction.prepare import plan_of
from l9stack.gates import baseline, evaluation, static  # noqa: F401 - these register theirs
from l9stack.gates.registry import (
    ADVISORY_WHEN_OFF,
    AGENT_GATES,
    BASELINE_GATES,
    COLLECTION_GATES,
    FINAL_GATES,
    TEST_GATES,
    known_gates,
    rows_of,
)
from l9stack.inputs import Inputs
from l9stack.model.meta import CheckKind, GateThreshold, Within
from l9stack.model.plan import Plan
from l9stack.project import Project
from tests.docs.references.markdown import code, doc, prose, table

ROOT = Path(__file__).resolve().parents[3]
PHASES = {
    0: "Research: the graph, the order, the locked plan",
    1: "Baseline: what has to be there before code is run",
    2: "Implementation: everything is there, and nothing is a stand-in",
    3: "Enforcement: requests checked, answers bounded, calls limited, audited and governed",
    4: "Validation: the generated tests, beside real servers",
    5: "Recursion: the code held against the schema again",
    6: "Evidence: report and manifest, printed from what was measured, and signed",
}
_MEASURED = {
    "backends_online": "1 when every backend that the tests use answers.",
    "targets_writable": "1 when the folder where extractions are published can be written to.",
}
"""Of gates that no function measures alone."""
_ASKED = {
    "flag": "has to hold",
    "percent": "at least {:g} %",
    "count_min": "at least {:g}",
    "count_max": "at most {:g}",
    "seconds": "at most {:g} s",
}
_HEAD = """# Gates

Made by `make regen` from `templates/meta/meta.validation.checklist.yaml` and the gates themselves.

Every extraction goes through phases 0 to 6. A gate measures a figure and holds it beside a threshold; one that does not
hold stops the run, and nothing is published. The problem names agent, phase, gate, figure, threshold and a place, under
the code `gate-NAME`. Thresholds are rows of the checklist, and yours to change; a gate that is marked * is measured
without a row, too, for the evidence report asks for it. What is measured stands in `evidence_report.md` and its signed
records.
"""


def gates_page() -> str:
    """The page in Markdown."""
    rows = rows_of(_plan())
    parts = [_HEAD]
    for phase, title in PHASES.items():
        parts.append(
            f"\n## Phase {phase}: {title.partition(':')[0].lower()}\n\n{title.partition(': ')[2].capitalize()}.\n\n"
        )
        found = [row for row in rows if row.phase == phase]
        parts.append(
            table(("gate", "measures", "for each", "asked", "stops nothing while this flag is off"), map(_row, found))
            if found
            else "A phase without a figure of its own.\n"
        )
    parts += ["\n## Measured where they get a row\n\n", table(("gate", "measures", "for each"), _optional(rows))]
    parts += ["\n## Gates of your own\n\n", f"{_OWN}\n"]
    return "".join(parts)


_WITHIN = ", ".join(f"`{folder}`" for folder in get_args(Within))
_OWN = f"""A row with a `kind` ({", ".join(f"`{kind}`" for kind in get_args(CheckKind))}) is a gate of your own, in
phases 2 to 5:

```yaml
gates:
  phase_3:
    no_print: {{kind: forbid_pattern, pattern: '\\bprint\\(', within: [code], description: "lines that print"}}
```

It counts in an agent's files below the folders `within` ({_WITHIN};
code where nothing is said), and runs nothing of them:

| kind | figure |
| --- | --- |
| `forbid_pattern` | lines where `pattern`, a regular expression, is found; at most 0 |
| `require_text` | files in which `pattern` is found; at least 1 |
| `require_file` | files whose path below the agent's part matches the glob `file`; at least 1 |
| `max_lines` | lines of the longest file; at most `threshold` |

`file` narrows the first, second and last to the files that it matches."""


@cache
def _plan() -> Plan:
    return plan_of(Inputs.read(Project(ROOT), ROOT / "input_schemas" / "claims_desk"))[1]


def shipped() -> tuple[GateThreshold, ...]:
    """The rows of the shipped checklist, and those that hold without one."""
    return rows_of(_plan())


def _row(row: GateThreshold) -> tuple[str, ...]:
    star = "*" if row.gate in {each.gate for each in rows_of(_plan().model_copy(update={"gates": ()}))} else ""
    flags = ", ".join(code(flag) for flag, gates in ADVISORY_WHEN_OFF.items() if row.gate in gates)
    return f"{code(row.gate)}{star}", _measures(row), _scope(row.gate), _ASKED[row.unit].format(row.threshold), flags


def _measures(row: GateThreshold) -> str:
    measure = AGENT_GATES.get(row.gate) or COLLECTION_GATES.get(row.gate)
    text = doc(measure) if measure else _MEASURED.get(row.gate) or row.description
    text = text.removeprefix("1 when ").rstrip(".")
    return prose(text[:1].lower() + text[1:])


def _scope(gate: str) -> str:
    tables = {**BASELINE_GATES, **TEST_GATES, **FINAL_GATES}
    return "agent" if gate in AGENT_GATES else "collection" if gate in COLLECTION_GATES else tables[gate]


def _optional(rows: tuple[GateThreshold, ...]) -> Iterator[tuple[str, str, str]]:
    named = {row.gate for row in rows}
    for gate in sorted(known_gates() - named):
        measure = AGENT_GATES.get(gate) or COLLECTION_GATES[gate]
        yield code(gate), prose(doc(measure).rstrip(".")), _scope(gate)
