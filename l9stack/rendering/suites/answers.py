"""What two agents have to answer together: worked out from the cases of both, independently of generated code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from l9stack.model.glue import FieldSpec, RouteBehaviour
from l9stack.model.plan import AgentPlan, OperationPlan, Plan
from l9stack.planning.expressions import parse
from l9stack.rendering.cases import ExpectedCase, Values, case_of, cases
from l9stack.rendering.memo import memoize
from l9stack.rendering.quoting import python
from l9stack.rendering.samples import fits, record

Hop = tuple[AgentPlan, OperationPlan]
MAX_ANSWERS = 6


@dataclass(frozen=True, slots=True)
class KnownExchange:
    """A request to the source, what the target is sent and says, and the source's answer with the rules that fire."""

    arguments: Values
    sent: Values
    said: Values
    expected: Values
    fired: tuple[str, ...]


def chain(plan: Plan, agent: AgentPlan, operation: OperationPlan) -> tuple[Hop, ...]:
    """The operation and those that it is routed to, one after another; a circle ends where it closes."""
    steps: list[Hop] = [(agent, operation)]
    while isinstance(operation.behaviour, RouteBehaviour):
        peer, _, wanted = operation.behaviour.to.rpartition(".")
        agent = plan.agent(peer)
        operation = agent.operation(wanted)
        if (agent.id, operation.name) in [(a.id, op.name) for a, op in steps]:
            break
        steps.append((agent, operation))
    return tuple(steps)


def circular(plan: Plan, agent: AgentPlan, operation: OperationPlan) -> bool:
    """Whether the operation is routed back to itself, or to a circle of others."""
    return isinstance(chain(plan, agent, operation)[-1][1].behaviour, RouteBehaviour)


def expected_case(
    plan: Plan, agent: AgentPlan, operation: OperationPlan, arguments: Mapping[str, Any]
) -> ExpectedCase | None:
    """The case of one operation for these arguments; None where only running can tell the answer."""
    if isinstance(operation.behaviour, RouteBehaviour):
        known = routed_exchange(plan, agent, operation, operation.behaviour, arguments)
        return None if known is None else ExpectedCase(known.arguments, known.expected, known.fired)
    values = _complete(operation.request, arguments)
    if values is None:
        return None
    return case_of(agent, operation, values)


def routed_exchange(
    plan: Plan, agent: AgentPlan, operation: OperationPlan, route: RouteBehaviour, arguments: Mapping[str, Any]
) -> KnownExchange | None:
    """Both sides of a routed call; None where the target's part cannot be known, or a part of it is not declared."""
    peer, _, wanted = route.to.rpartition(".")
    target = plan.agent(peer).operation(wanted)
    values = _complete(operation.request, arguments)
    if values is None or circular(plan, agent, operation):
        return None
    try:
        sent = {name: parse(text).evaluate(values) for name, text in route.send.items()}
    except (ArithmeticError, TypeError, ValueError):
        return None
    heard = expected_case(plan, plan.agent(peer), target, sent)
    if heard is None or any(heard.expected.get(name) is None for name in _used(route)):
        return None
    case = case_of(agent, operation, values, heard.expected)
    return None if case is None else KnownExchange(values, heard.arguments, heard.expected, case.expected, case.fired)


@memoize
def known_answers(
    plan: Plan, agent: AgentPlan, operation: OperationPlan, route: RouteBehaviour
) -> tuple[KnownExchange, ...]:
    """Requests that lead the target to different answers, the plain one first."""
    found: list[KnownExchange] = []
    for arguments in _requests(plan, agent, operation, route):
        known = routed_exchange(plan, agent, operation, route, arguments)
        if known is not None and all(known.said != other.said for other in found):
            found.append(known)
        if len(found) == MAX_ANSWERS:
            break
    return tuple(found)


def response_sources(operation: OperationPlan, route: RouteBehaviour) -> tuple[tuple[str, str], ...]:
    """Source text of each response field over `arguments` and `said`; empty where no response is declared."""

    def reads(name: str) -> str:
        whole, _, part = name.rpartition(".")
        return f"said[{python(part)}]" if whole else f"arguments[{python(name)}]"

    return tuple(
        (spec.name, parse(route.assign[spec.name]).python(reads) if spec.name in route.assign else python(spec.default))
        for spec in operation.response or ()
    )


def _requests(plan: Plan, agent: AgentPlan, operation: OperationPlan, route: RouteBehaviour) -> Iterator[Values]:
    """The plain request, requests that carry each case of the target over, and the source's own variations."""
    plain = record(operation.request or ())
    yield plain
    peer, _, wanted = route.to.rpartition(".")
    target = plan.agent(peer).operation(wanted)
    fields = {spec.name: spec for spec in operation.request or ()}
    carried = {name: text for name, text in route.send.items() if text in fields}
    for case in cases(plan, plan.agent(peer), target):
        values = {text: case.arguments[name] for name, text in carried.items() if name in case.arguments}
        if all(fits(fields[name], value) for name, value in values.items()):
            yield {**plain, **values}
    for case in cases(plan, agent, operation):
        yield case.arguments


def _used(route: RouteBehaviour) -> set[str]:
    names = {name for text in route.assign.values() for name in parse(text).names}
    return {name.removeprefix("answer.") for name in names if name.startswith("answer.")}


def _complete(specs: Sequence[FieldSpec] | None, arguments: Mapping[str, Any]) -> Values | None:
    """The arguments with defaults filled in; None where one is absent, or where nothing is declared."""
    values = {spec.name: arguments.get(spec.name, spec.default) for spec in specs or ()}
    return None if specs is None or None in values.values() else values
