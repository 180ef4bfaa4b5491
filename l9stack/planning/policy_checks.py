"""What is told of a policy: fields that nobody has, rules that fire never or always, what is not executed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from l9stack.errors import Place, Problem
from l9stack.model.agent import AgentSpec
from l9stack.model.plan import Comparison, EscalationRule, OperationPlan, Trigger
from l9stack.planning.escalation import read_policy

_NEAR = 0.8
_MEND = "change what it compares with, or the bounds of the field"
_LIKE_A_RULE = re.compile(
    r"\d|[<>=≤≥]|\b(?:above|below|over|under|exceed\w*|between|at least|at most|than|is|are|not|never|unless)\b",
    re.IGNORECASE,
)
"""A clause that says something of a value; others are named conditions, which code raises."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which values a field lies; None where nobody says."""

    least: float | None = None
    most: float | None = None

    def joined(self, other: Bounds) -> Bounds:
        """The bounds of a field that two operations have."""
        least = None if self.least is None or other.least is None else min(self.least, other.least)
        most = None if self.most is None or other.most is None else max(self.most, other.most)
        return Bounds(least, most)


_LIBRARY = {"confidence": Bounds(0, 1), "criticality": Bounds(0, 1)}
"""What every decision has."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a policy, and what executes it.

    `outcome` is `rule` (`condition` is executed), `trigger` (code raises it by name), or `question`: nobody can tell
    what it compares, or no operation has the fields of its `condition`.
    """

    text: str
    place: Place
    outcome: Literal["rule", "trigger", "question"]
    name: str
    condition: str = ""


def explain_policy(agent: AgentSpec, operations: Iterable[OperationPlan]) -> tuple[Clause, ...]:
    """Each clause of an agent's policy as it is executed, in the text's order; each alternative is a rule."""
    rules, triggers = read_policy(agent.governance.escalation_policy)
    several = tuple(operations)
    known = _fields(agent, several)
    found: list[tuple[int, Clause]] = []
    for rule in rules:
        reached = all(c.field in known for c in rule.comparisons) and _reached(rule, several)
        outcome: Literal["rule", "question"] = "rule" if reached else "question"
        clause = Clause(rule.text, _place(agent, rule), outcome, rule.name, rule.condition)
        found.append((rule.position, clause))
    for trigger in triggers:
        kind: Literal["trigger", "question"] = "question" if _LIKE_A_RULE.search(trigger.text) else "trigger"
        found.append((trigger.position, Clause(trigger.text, _place(agent, trigger), kind, trigger.name)))
    return tuple(clause for _, clause in sorted(found, key=lambda pair: pair[0]))


def check_policy(
    agent: AgentSpec, operations: Iterable[OperationPlan], problems: list[Problem], notes: list[Problem]
) -> None:
    """Collect what is wrong with an agent's policy, and what of it nobody executes."""
    rules, triggers = read_policy(agent.governance.escalation_policy)
    several = tuple(operations)
    known = _fields(agent, several)
    for rule in rules:
        place = _place(agent, rule)
        unknown = [comparison.field for comparison in rule.comparisons if comparison.field not in known]
        slips = [(field, near[0]) for field in unknown if (near := difflib.get_close_matches(field, known, 1, _NEAR))]
        for field, meant in slips:
            message = f"{agent.id}: the policy's `{rule.text}` compares {field}, which no operation has"
            problems.append(Problem("unknown-policy-field", message, place, f"did you mean {meant}?"))
        if unknown and not slips:
            notes.append(_unreachable(agent, rule, unknown, place))
        if not unknown and (wrong := _without_choice(agent, rule, known, place)):
            problems.append(wrong)
        elif not unknown and not _reached(rule, several):
            notes.append(_unreachable(agent, rule, (c.field for c in rule.comparisons), place))
    notes.extend(
        _unread(agent, trigger, _place(agent, trigger)) for trigger in triggers if _LIKE_A_RULE.search(trigger.text)
    )


def _place(agent: AgentSpec, clause: EscalationRule | Trigger) -> Place:
    """Where the clause itself begins, also in a text of many lines."""
    words, policy = agent.governance.policy_words, " ".join(agent.governance.escalation_policy.split())
    number = policy.count(" ", 0, clause.position)
    if number >= len(words):
        return agent.places.get("governance.escalationpolicy", agent.place)
    within = clause.position - (policy.rfind(" ", 0, clause.position) + 1)
    return Place(words[number].file, words[number].line, words[number].column + within)


def _fields(agent: AgentSpec, operations: Iterable[OperationPlan]) -> dict[str, Bounds]:
    known = dict(_LIBRARY)
    for operation in operations:
        for spec in (*(operation.request or ()), *(operation.response or ())):
            bounds = Bounds(spec.minimum, spec.maximum)
            known[spec.name] = known[spec.name].joined(bounds) if spec.name in known else bounds
    for layer in agent.memory:
        known |= {each.factor: Bounds() for each in layer.factors if each.factor not in known}
    return known


def _reached(rule: EscalationRule, operations: Iterable[OperationPlan]) -> bool:
    """Whether one operation may have all that is compared: fields of two operations never meet.

    What no operation has is a memory's factor, or the library's own; an operation without a contract may have anything.
    """
    held = [
        None if each.request is None or each.response is None else {f.name for f in (*each.request, *each.response)}
        for each in operations
    ]
    declared = {name for names in held if names for name in names} - _LIBRARY.keys()
    needed = {comparison.field for comparison in rule.comparisons} & declared
    return not needed or any(names is None or needed <= names for names in held)


def _without_choice(
    agent: AgentSpec, rule: EscalationRule, known: Mapping[str, Bounds], place: Place
) -> Problem | None:
    """A rule that fires never, or for every value that its fields may have."""
    said = f"{agent.id}: the policy's `{rule.text}`"
    for comparison in rule.comparisons:
        bounds: Bounds = known[comparison.field]
        if _never(comparison, bounds):
            return Problem("rule-never-fires", f"{said} never holds: {_range(comparison.field, bounds)}", place, _MEND)
    for field in {comparison.field for comparison in rule.comparisons}:
        if _contradicts([comparison for comparison in rule.comparisons if comparison.field == field]):
            return Problem("rule-never-fires", f"{said} never holds: no {field} is all of that", place, _MEND)
    if all(_never(_opposite(comparison), known[comparison.field]) for comparison in rule.comparisons):
        ranges = ", ".join(_range(comparison.field, known[comparison.field]) for comparison in rule.comparisons)
        return Problem("rule-always-fires", f"{said} always holds: {ranges}", place, _MEND)
    return None


_OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def _opposite(comparison: Comparison) -> Comparison:
    return comparison.model_copy(update={"operator": _OPPOSITES[comparison.operator]})


def _never(comparison: Comparison, bounds: Bounds) -> bool:
    number, least, most = comparison.number, bounds.least, bounds.most
    match comparison.operator:
        case "<":
            return least is not None and number <= least
        case "<=":
            return least is not None and number < least
        case ">":
            return most is not None and number >= most
        case ">=":
            return most is not None and number > most
        case "==":
            return (least is not None and number < least) or (most is not None and number > most)
        case _:
            return least is not None and least == most == number


def _contradicts(comparisons: Iterable[Comparison]) -> bool:
    """Whether no number is all of that; numbers are as dense as these are."""
    several = list(comparisons)
    edges = [comparison.number for comparison in several]
    tried = {edge + step for edge in edges for step in (-1e-9 * max(1.0, abs(edge)), 0.0, 1e-9 * max(1.0, abs(edge)))}
    tried |= {(one + other) / 2 for one in edges for other in edges}
    return not any(all(_holds(comparison, value) for comparison in several) for value in tried)


def _holds(comparison: Comparison, value: float) -> bool:
    number = comparison.number
    signs = {"<": value < number, "<=": value <= number, ">": value > number, ">=": value >= number}
    return (signs | {"==": value == number, "!=": value != number})[comparison.operator]


def _range(field: str, bounds: Bounds) -> str:
    least = "" if bounds.least is None else f" at least {bounds.least:g}"
    most = "" if bounds.most is None else f" at most {bounds.most:g}"
    return f"{field} is{least}{' and' if least and most else ''}{most}"


def _unreachable(agent: AgentSpec, rule: EscalationRule, lacking: Iterable[str], place: Place) -> Problem:
    names = " and ".join(dict.fromkeys(lacking))
    message = f"{agent.id}: the policy's `{rule.text}` fires for no operation: none has {names}"
    hint = "declare it in a request or response under `operations:`, or say it with fields that are there"
    return Problem("policy-question", message, place, hint, level="note")


def _unread(agent: AgentSpec, trigger: Trigger, place: Place) -> Problem:
    message = f"{agent.id}: the policy's `{trigger.text}` is executed by no rule: nobody can tell what it compares"
    hint = f"say it as `field < number`, joined by and, or, not; or let code raise the trigger {trigger.name}"
    return Problem("policy-question", message, place, hint, level="note")
