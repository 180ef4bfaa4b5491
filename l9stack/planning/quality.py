"""`enforcement` and `quality_gates` of glue: sentences that become rows of the checklist.

A closed list of what a sentence may ask for; one that asks for anything else is told, and never counted as measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from l9stack.errors import Problem
from l9stack.model.glue import Sentence
from l9stack.model.meta import GateCheck, GateThreshold

_AT_LEAST = r"\D*?(?:>=|≥|at least)\s*(?P<figure>\d+(?:\.\d+)?)\s*%"


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a sentence of a form asks for: rows as gate, phase, unit and the threshold where it names no figure."""

    form: str
    rows: tuple[tuple[str, int, str, float], ...]
    check: GateCheck | None = None


def _forbid(pattern: str) -> GateCheck:
    return GateCheck(kind="forbid_pattern", pattern=pattern)


_PASS = (("unit_tests", 4, "percent", 95.0), ("integration_tests", 4, "percent", 90.0))
_MEANT = (
    _Meaning(r"\bno\b.*(?:to-?dos?|placeholders?|fixmes?)\b", (("no_placeholders", 2, "count_max", 0),)),
    _Meaning(r"\bno\b.*(?:stubs?|stub bodies|empty functions?)\b", (("no_stub_bodies", 2, "count_max", 0),)),
    _Meaning(
        r"\bno\b.*\b(?:eval|exec)\b",
        (("no_eval_or_exec", 3, "count_max", 0),),
        _forbid(r"(?<![\w.])(?:eval|exec)\("),
    ),
    _Meaning(
        r"\bredis\b.*\bmemory[_ ]manager\b",
        (("redis_through_memory", 3, "count_max", 0),),
        _forbid(r"^\s*(?:import|from)\s+redis\b"),
    ),
    _Meaning(
        r"\bpostgres\b.*\bconnection pool\b",
        (("postgres_through_pool", 3, "count_max", 0),),
        _forbid(r"^\s*(?:import|from)\s+(?:psycopg2?|asyncpg)\b"),
    ),
    _Meaning(r"\b(?:no circular|circular imports?: none)\b", (("no_import_cycles", 5, "count_max", 0),)),
    _Meaning(r"\bimports?\b.*\bresolv", (("imports_resolve", 5, "count_max", 0),)),
    _Meaning(r"\banchors?\b.*\b(?:reachable|named|present)\b", (("anchors_named", 1, "count_min", 1),)),
    _Meaning(r"\bchecked against governance\b", (("governance_wired", 3, "flag", 1),)),
    _Meaning(r"\b(?:inputs?|requests?|expressions?)\b.*\bvalidated\b", (("input_validation", 3, "percent", 100),)),
    _Meaning(r"\bcoverage\b" + _AT_LEAST, (("coverage", 4, "percent", 85),)),
    _Meaning(r"\bdocstrings?\b" + _AT_LEAST, (("docstrings", 2, "percent", 95),)),
    _Meaning(r"\btype hints?\b" + _AT_LEAST, (("type_hints", 2, "percent", 90),)),
    _Meaning(r"\bunit tests?\b" + _AT_LEAST, _PASS[:1]),
    _Meaning(r"\bintegration tests?\b" + _AT_LEAST, _PASS[1:]),
    _Meaning(r"\b(?:tests? pass|pass(?:ing)? rate|passing)" + _AT_LEAST, _PASS),
)


def with_sentences(
    rows: Iterable[GateThreshold], sentences: Iterable[Sentence], notes: list[Problem]
) -> tuple[GateThreshold, ...]:
    """The checklist with what glue asks for: a row that asks for more than the glue stays as it is."""
    found = {row.gate: row for row in rows}
    for sentence in sentences:
        asked = [row for clause in re.split(r"[,;]\s+", sentence.text) for row in _rows(clause, sentence)]
        for row in asked:
            known = found.get(row.gate)
            found[row.gate] = row if known is None else _stricter(known, row)
        if asked:
            continue
        message = f"nothing measures {sentence.text!r}: it is a rule for whoever writes and reviews code"
        hint = "a gate of your own can be defined in meta.validation.checklist.yaml"
        notes.append(Problem("unmeasured-rule", message, sentence.place, hint, "note"))
    return tuple(found.values())


def _rows(clause: str, sentence: Sentence) -> list[GateThreshold]:
    """The rows that a clause asks for, by the first form that it has."""
    for meaning in _MEANT:
        if match := re.search(meaning.form, clause, re.IGNORECASE):
            figure = match.groupdict().get("figure")
            return [
                GateThreshold(
                    gate=gate,
                    phase=phase,
                    unit=unit,
                    threshold=float(figure) if figure else threshold,
                    description=" ".join(sentence.text.split()),
                    check=meaning.check,
                    place=sentence.place,
                )
                for gate, phase, unit, threshold in meaning.rows
            ]
    return []


def _stricter(known: GateThreshold, asked: GateThreshold) -> GateThreshold:
    if known.unit != asked.unit:
        return known
    more = asked.threshold < known.threshold if known.unit == "count_max" else asked.threshold > known.threshold
    return known.model_copy(update={"threshold": asked.threshold, "place": asked.place}) if more else known
