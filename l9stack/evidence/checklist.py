"""Items of the guide's checklist, each answered by what was measured, and the Markdown that they are printed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from l9stack.evidence.redaction import redact
from l9stack.model.evidence import BuildEvidence, GateResult
from l9stack.printable import line, markdown, table_code


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One line of a checklist; `holds` False leaves its box empty."""

    text: str
    holds: bool

    def __str__(self) -> str:
        return f"- [{'x' if self.holds else ' '}] {self.text}"


@dataclass(frozen=True, slots=True)
class ReportSection:
    """A section of the report: checklist, then details."""

    title: str
    items: Sequence[ChecklistItem]
    details: Sequence[str] = field(default=())


def plain(text: object, limit: int = 300) -> str:
    """Text of others on one line of Markdown: no markup, no line break, no secret, and not endless."""
    flat = line(redact(str(text)))
    return markdown(flat if len(flat) <= limit else f"{flat[: limit - 1]}…")


def code(text: object) -> str:
    """A name or path in code style, without secrets, also for the cell of a table."""
    return table_code(redact(str(text)))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; nothing where there are no rows. Cells are ready to print."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    rule = f"|{'|'.join(' --- ' for _ in header)}|"
    return ["", f"| {' | '.join(header)} |", rule, *lines] if lines else []


def amount(result: GateResult) -> str:
    """A figure with its unit in words."""
    if result.unit == "flag":
        return "yes" if result.figure >= 1 else "no"
    return f"{result.figure:g}{' %' if result.unit == 'percent' else ''}"


def limit(result: GateResult) -> str:
    """A threshold with its direction."""
    sign = "<=" if result.unit in {"count_max", "seconds"} else ">="
    return "yes" if result.unit == "flag" else f"{sign} {result.threshold:g}{' %' if result.unit == 'percent' else ''}"


class GateFigures:
    """Every gate result of a build, by gate."""

    def __init__(self, evidence: BuildEvidence) -> None:
        self.by_gate: dict[str, list[GateResult]] = {}
        for result in (*evidence.results, *(item for agent in evidence.agents for item in agent.results)):
            self.by_gate.setdefault(result.gate, []).append(result)
        self.by_phase: dict[int, list[GateResult]] = {}
        for results in self.by_gate.values():
            for result in results:
                self.by_phase.setdefault(result.phase, []).append(result)

    def item(self, label: str, gate: str, good: str) -> ChecklistItem:
        """The guide's item `label`, answered with `good` and the worst figure, or with what does not hold."""
        results = self.by_gate.get(gate, [])
        if not results:
            return ChecklistItem(f"{label}: not measured (gate {code(gate)})", False)
        failed = [result for result in results if not result.passed]
        worst = (failed or sorted(results, key=_badness, reverse=True))[0]
        where = f"{len(results)} agents" if results[0].agent else "collection"
        if failed:
            who = ", ".join(code(result.agent) for result in failed if result.agent)
            text = f"{label}: NO, {amount(worst)} where {limit(worst)} is asked"
            return ChecklistItem(f"{text}{f' ({who})' if who else ''}: {plain(worst.detail)}", False)
        if worst.unit == "flag":
            detail = plain(worst.detail) if not worst.agent else ""
            return ChecklistItem(f"{label}: {good} ({where}{f'; {detail}' if detail else ''})", True)
        lowest = "" if len(results) == 1 else f"{'highest' if worst.unit == 'count_max' else 'lowest'} of {where} "
        return ChecklistItem(f"{label}: {good} ({lowest}{amount(worst)}, asked {limit(worst)})", True)

    def rows(self, phase: int) -> list[str]:
        """All results of a phase as a table: gate, agent, figure, threshold, detail."""
        ordered = sorted(self.by_phase.get(phase, []), key=lambda r: (r.agent is not None, r.agent or "", r.gate))
        return table(
            ("gate", "agent", "figure", "asked", "holds", "detail"),
            [
                (
                    code(r.gate),
                    code(r.agent) if r.agent else "all",
                    amount(r),
                    limit(r),
                    "yes" if r.passed else "**no**",
                    plain(r.detail),
                )
                for r in ordered
            ],
        )


def _badness(result: GateResult) -> float:
    """How close to failing a figure is, for choosing which of several to show."""
    return result.figure if result.unit in {"count_max", "seconds"} else -result.figure
