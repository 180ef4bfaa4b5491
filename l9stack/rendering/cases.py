"""What generated tests send and expect: worked out here, from expressions and rows, independently of generated code."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from l9stack.model.glue import (
    CheckPolicyBehaviour,
    DecisionTableBehaviour,
    EchoBehaviour,
    RecordBehaviour,
    RouteBehaviour,
    TransformBehaviour,
)
from l9stack.model.plan import AgentPlan, EscalationRule, OperationPlan, Plan
from l9stack.planning.expressions import parse
from l9stack.rendering.memo import memoize
from l9stack.rendering.samples import fits, record, values_around
from l9stack.rendering.thresholds import answer_thresholds, thresholds, words

MAX_CASES = 12
"""Cases of one operation; a table has at least one for each row that can be reached."""
_MAX_ANSWERS = 12
"""Answers of a peer, beside half as many requests: enough for two thresholds and both bounds of a field, and more."""
_MAX_BESIDE = 8
"""Answers that differ in one field."""
_MAX_TRIED = 4000
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
Values = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ExpectedCase:
    """A request, what the peer says to it, what goes out to the peer, and the answer that is due."""

    arguments: Values
    expected: Values
    fired: tuple[str, ...] = ()
    said: Values = field(default_factory=dict)
    sent: Values = field(default_factory=dict)


@memoize
def cases(plan: Plan, agent: AgentPlan, operation: OperationPlan) -> tuple[ExpectedCase, ...]:
    """Cases with answers that are known beforehand; none for behaviours that only running can tell."""
    most = MAX_CASES
    match operation.behaviour:
        case DecisionTableBehaviour() as table:
            requests, most = _tabled(agent, operation, table), max(MAX_CASES, len(table.rows) + 1)
        case TransformBehaviour(assign=assign) | RecordBehaviour(assign=assign):
            requests = _varied(agent, operation, assign.values())
        case RouteBehaviour() as route:
            return tuple(_routed(plan, agent, operation, route))
        case EchoBehaviour() | CheckPolicyBehaviour():
            requests = _varied(agent, operation, ())
        case _:
            return ()
    return tuple(itertools.islice(_known(case_of(agent, operation, values) for values in requests), most))


def _known(found: Iterable[ExpectedCase | None]) -> Iterator[ExpectedCase]:
    return (case for case in found if case is not None)


def case_of(
    agent: AgentPlan, operation: OperationPlan, arguments: Values, said: Values | None = None
) -> ExpectedCase | None:
    """The case of one request, where the peer says `said`; None where the answer would not fit, or cannot be known."""
    match operation.behaviour:
        case DecisionTableBehaviour(rows=rows, otherwise=otherwise):
            then = next((row.then for row in rows if parse(row.when).evaluate(arguments)), otherwise)
            answer = {name: _evaluated(item, arguments) for name, item in then.items()}
            return _case(agent, operation, arguments, answer)
        case TransformBehaviour(assign=assign) | RecordBehaviour(assign=assign):
            return _assigned(agent, operation, assign, arguments)
        case RouteBehaviour(assign=assign, send=send):
            return _assigned(agent, operation, assign, arguments, said=said, send=send)
        case EchoBehaviour():
            return _case(agent, operation, dict(arguments), dict(arguments))
        case CheckPolicyBehaviour():
            return _weighed(agent, operation, arguments)
    return None


def fired_rules(agent: AgentPlan, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the rules that fire for some values."""
    return tuple(rule.name for rule in agent.rules if _fires(rule, values))


def _fires(rule: EscalationRule, values: Mapping[str, Any]) -> bool:
    for comparison in rule.comparisons:
        value = values.get(comparison.field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if not _OPERATORS[comparison.operator](value, comparison.number):
            return False
    return True


def _case(
    agent: AgentPlan, operation: OperationPlan, arguments: Values, answer: Values, **more: Values
) -> ExpectedCase | None:
    """The case, or None where the answer would not fit the response's own bounds."""
    whole: Values = {}
    for spec in operation.response or ():
        if spec.name == "record_id" and spec.name not in answer:
            continue
        value = answer.get(spec.name, spec.default)
        if spec.name in answer and not fits(spec, value):
            return None
        whole[spec.name] = value
    weighed = {**arguments, **whole, "criticality": operation.criticality}
    return ExpectedCase(arguments, whole, fired_rules(agent, weighed), **more)


def _weighed(agent: AgentPlan, operation: OperationPlan, values: Values) -> ExpectedCase:
    names = fired_rules(agent, {**values, "criticality": operation.criticality})
    policy: Values = {
        "status": "ESCALATED" if names else "APPROVED",
        "fired": list(names),
        "anchors": list(agent.anchors) if names else [],
    }
    declared = {spec.name for spec in operation.response or ()}
    return ExpectedCase(values, {name: value for name, value in policy.items() if name in declared}, names)


def _base(operation: OperationPlan) -> Values:
    return record(operation.request or ())


def _varied(
    agent: AgentPlan, operation: OperationPlan, texts: Iterable[str], base: Values | None = None
) -> list[Values]:
    """The base request, then it with one field changed at a time; the fields take turns."""
    start = _base(operation) if base is None else base
    numbers = thresholds(agent, texts)
    queues = [
        [{**start, spec.name: value} for value in values_around(spec, numbers.get(spec.name, ()))]
        for spec in operation.request or ()
    ]
    turns = itertools.chain.from_iterable(itertools.zip_longest(*queues))
    return _unique([start, *(values for values in turns if values is not None)])


def _unique(values: Iterable[Values]) -> list[Values]:
    found: list[Values] = []
    for item in values:
        if item not in found:
            found.append(item)
    return found


def _evaluated(text: JsonValue, values: Mapping[str, Any]) -> JsonValue:
    if isinstance(text, str) and text.startswith("="):
        result: JsonValue = parse(text[1:]).evaluate(values)
        return result
    return text


def _tabled(agent: AgentPlan, operation: OperationPlan, table: DecisionTableBehaviour) -> list[Values]:
    """Requests of a table: one for each row that can be reached, then neighbours of these."""
    conditions = [parse(row.when) for row in table.rows]

    def row_of(values: Values) -> int:
        return next((n for n, when in enumerate(conditions) if when.evaluate(values)), len(conditions))

    hits: dict[int, Values] = {}
    for values in itertools.islice(_combined(agent, operation, [row.when for row in table.rows]), _MAX_TRIED):
        hits.setdefault(row_of(values), values)
        if len(hits) > len(conditions):
            break
    first = [hits[row] for row in sorted(hits)]
    texts = [row.when for row in table.rows]
    near = [(row, values) for row, hit in sorted(hits.items()) for values in _varied(agent, operation, texts, hit)]
    # Neighbours that another row answers say most about the conditions; they come first.
    moved: list[Values] = []
    same: list[Values] = []
    for row, values in near:
        (same if row_of(values) == row else moved).append(values)
    return _unique([*first, *moved, *same])


def _combined(agent: AgentPlan, operation: OperationPlan, texts: list[str]) -> Iterator[Values]:
    base, numbers, told = _base(operation), thresholds(agent, texts), words(texts)
    specs = operation.request or ()
    used = {name for text in texts for name in parse(text).names}
    options = [
        [
            base[spec.name],
            *(word for word in told[spec.name] if fits(spec, word)),
            *(values_around(spec, numbers.get(spec.name, ())) if spec.name in used else []),
        ]
        for spec in specs
    ]
    for chosen in itertools.product(*options):
        yield dict(zip((spec.name for spec in specs), chosen, strict=True))


def _assigned(
    agent: AgentPlan,
    operation: OperationPlan,
    assign: Mapping[str, str],
    values: Values,
    *,
    said: Values | None = None,
    send: Mapping[str, str] | None = None,
) -> ExpectedCase | None:
    """The case of what is assigned over the request, and over what the peer says; None where that fails."""
    heard = said or {}
    known = {**values, **{f"answer.{name}": value for name, value in heard.items()}}
    try:
        answer = {name: parse(text).evaluate(known) for name, text in assign.items()}
        sent = {name: parse(text).evaluate(values) for name, text in (send or {}).items()}
    except (ArithmeticError, TypeError, ValueError):
        return None
    return _case(agent, operation, values, answer, said=heard, sent=sent)


def _routed(plan: Plan, agent: AgentPlan, operation: OperationPlan, route: RouteBehaviour) -> list[ExpectedCase]:
    peer, _, wanted = route.to.rpartition(".")
    usual, *heard = _answers(agent, operation, plan.agent(peer).operation(wanted), route)
    requests = _varied(agent, operation, route.assign.values())
    own = list(_known(case_of(agent, operation, values, usual) for values in requests))
    # Answers of the peer vary after the requests: leave room for both.
    others = list(_known(case_of(agent, operation, _base(operation), said) for said in heard))
    return [*own[: MAX_CASES - min(len(others), MAX_CASES // 2)], *others[:_MAX_ANSWERS]]


def _answers(agent: AgentPlan, own: OperationPlan, target: OperationPlan, route: RouteBehaviour) -> list[Values]:
    """Answers of a peer: a good one, then it with one used field changed at a time."""
    used = {
        name.removeprefix("answer.")
        for text in route.assign.values()
        for name in parse(text).names
        if name.startswith("answer.")
    }
    if target.response is None:
        return [dict.fromkeys(sorted(used), 1)]
    base = record(target.response)
    numbers = answer_thresholds(agent, route, _base(own))
    varied = [
        {**base, spec.name: value}
        for spec in target.response
        if spec.name in used
        for value in values_around(spec, numbers.get(spec.name, ()))[:_MAX_BESIDE]
    ]
    return _unique([base, *varied])
