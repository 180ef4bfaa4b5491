"""Tests across agents: one file for each two of them that are joined, and one for the whole collection."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from typing import Any

from l9stack.model.glue import RouteBehaviour
from l9stack.model.plan import AgentPlan, Edge, OperationPlan, Plan
from l9stack.printable import line
from l9stack.rendering.cases import Values
from l9stack.rendering.code.bridges import view_governance
from l9stack.rendering.environment import render_template
from l9stack.rendering.imports import Imports
from l9stack.rendering.samples import record
from l9stack.rendering.suites.answers import KnownExchange, chain, expected_case, known_answers, response_sources
from l9stack.rendering.suites.exchanges import (
    CRITICAL,
    ObservedEvent,
    PlannedExchange,
    exchanges,
    invalid_packets,
    observed_events,
    source_faults,
    target_faults,
)
from l9stack.rendering.suites.literals import changes, wrong
from l9stack.rendering.suites.paths import free

FOLDER = "tests/codegen_integration"
BESIDE = 12
"""Agents that one test serves beside each other: each keeps connections of its own to the servers."""

_NAMES = {
    "collections.abc": ("Mapping",),
    "pathlib": ("Path",),
    "typing": ("Any",),
    "l9stack.agent.conformance": ("ABSENT", "Checks", "exchanges", "observations", "operations", "together"),
    "l9stack.agent.conformance.fixtures": ("Desk",),
    "l9stack.agent.testing": ("ServedAgent",),
}
"""Where the names come from that these tests may use."""


def integration_tests(plan: Plan, sources: Container[str] | None = None) -> dict[str, str]:
    """Every file of tests across agents by path, before it is formatted; none where no agent is joined to another.

    With `sources` only those whose source is one of them; that of the whole collection goes with its first agent.
    """
    pairs = joined_agents(plan)
    if not pairs:
        return {}
    # Named after the collection: several may be delivered into one checkout.
    paths: dict[str, tuple[str, str]] = {f"{FOLDER}/test_collection_{plan.collection}.py": (plan.agents[0].id, "")}
    for source, target in pairs:
        # `a` to `b_to_c` and `a_to_b` to `c` would have one name.
        paths[free(f"{FOLDER}/test_{source}_to_{target}", paths)] = (source, target)
    return {
        path: _pair(plan, plan.agent(source), plan.agent(target), pairs[source, target])
        if target
        else _collection(plan)
        for path, (source, target) in paths.items()
        if sources is None or source in sources
    }


def joined_agents(plan: Plan) -> dict[tuple[str, str], list[Edge]]:
    """Agents that are joined, with all edges from the one to the other."""
    pairs: dict[tuple[str, str], list[Edge]] = {}
    for edge in plan.edges:
        if not edge.external and edge.source != edge.target:
            pairs.setdefault((edge.source, edge.target), []).append(edge)
    return dict(sorted(pairs.items()))


def _pair(plan: Plan, source: AgentPlan, target: AgentPlan, edges: list[Edge]) -> str:
    sent = exchanges(plan, source, target, edges)
    events = observed_events(plan, source, target, edges)
    reasons = "; ".join(f"{edge.kind.value} {', '.join(map(line, edge.names))}".strip() for edge in edges)
    title = f"{line(source.spec.name)} to {line(target.spec.name)}: {reasons}. Both run for real, in one namespace."
    body = render_template(
        "tests/_integration_pair.j2",
        source=str(source.id),
        target=str(target.id),
        served=_served(plan, source, target, sent, events),
        exchanges=[_exchange(plan, source, target, exchange) for exchange in sent],
        events=[_event(event, target) for event in events],
    )
    return render_template("tests/integration.py.j2", title=title, imports=_imports(body), body=body)


def _imports(body: str) -> Imports:
    """The imports of the names that a body uses."""
    imports = Imports()
    used = set(re.findall(r"(?<![\w.\"'])[A-Za-z_]\w*\b(?![\"'])", body))
    for module, names in _NAMES.items():
        imports.add(module, *used.intersection(names))
    imports.module("pytest")
    return imports


def _exchange(plan: Plan, source: AgentPlan, target: AgentPlan, exchange: PlannedExchange) -> dict[str, Any]:
    """What the tests of one exchange are given: data; `cases`, `made` and `invalid_packets` are source."""
    answered = exchange.outcome == "answered"
    own, decider = exchange.operation, _decider(plan, exchange)
    waits = exchange.outcome == "waits" and not decider.reusable
    due = expected_case(plan, target, exchange.asked, exchange.payload["arguments"]) if answered and not own else None
    return {
        "name": exchange.label,
        "packet": exchange.payload,
        "request": exchange.arguments if own else None,
        "outcome": exchange.outcome,
        **(_cases(plan, source, exchange) if answered else {"cases": (), "made": ()}),
        "due": due.expected if due else {},
        "once": answered and exchange.once,
        "decider": (*exchange.decider, _decided(decider)) if waits else None,
        "unfit": wrong(invalid_packets(exchange)),
        "source_faults": [fault for fault in source_faults(source, exchange) if answered],
        "target_faults": [fault for fault in target_faults(target, exchange) if answered],
        "source_denies": answered and own is not None and _denies(source, own.criticality),
        "target_denies": answered and _denies(target, exchange.asked.criticality),
    }


def _decider(plan: Plan, exchange: PlannedExchange) -> OperationPlan:
    agent, operation = exchange.decider
    return plan.agent(agent).operation(operation)


def _decided(operation: OperationPlan) -> dict[str, Any]:
    """An answer that an anchor may give."""
    return {"answer": "given by an anchor"} if operation.response is None else dict(record(operation.response))


def _denies(agent: AgentPlan, criticality: float) -> bool:
    """Whether an operation is denied while its decisions cannot be kept."""
    return criticality >= CRITICAL and any(layer.kind.value == "episodic" for layer in agent.spec.memory)


def _served(
    plan: Plan, source: AgentPlan, target: AgentPlan, sent: Iterable[PlannedExchange], events: Iterable[ObservedEvent]
) -> list[str]:
    """Both agents, then those whom their operations ask in turn."""
    ways = [chain(plan, source, e.operation) if e.operation else chain(plan, target, e.asked) for e in sent]
    ways += [chain(plan, target, event.handler) for event in events]
    ways += [chain(plan, source, event.publisher) for event in events if event.publisher]
    others = {str(agent.id) for way in ways for agent, _ in way} - {source.id, target.id}
    return [str(source.id), str(target.id), *sorted(others)]


def _cases(plan: Plan, source: AgentPlan, exchange: PlannedExchange) -> dict[str, Any]:
    """The answers of a routed call that can be worked out, each as its difference from the first.

    Where the answer is only known beside what the target really says, how the one is made of the other.
    """
    route = exchange.operation.behaviour if exchange.operation else None
    if exchange.operation is None or not isinstance(route, RouteBehaviour):
        return {"cases": (), "made": ()}
    known = known_answers(plan, source, exchange.operation, route)
    if not known:
        return {"cases": (), "made": response_sources(exchange.operation, route)}
    usual = known[0]
    return {
        "sent": usual.sent,
        "said": usual.said,
        "answer": usual.expected,
        "cases": [_case(item, usual, exchange.arguments) for item in known],
        "made": (),
    }


def _case(known: KnownExchange, usual: KnownExchange, arguments: Values) -> str:
    parts = {
        "request": changes(known.arguments, arguments),
        "sent": changes(known.sent, usual.sent),
        "said": changes(known.said, usual.said),
        "answer": changes(known.expected, usual.expected),
    }
    told = [f"{name}={text}" for name, text in parts.items() if text != "{}"]
    return ", ".join([*told, *(["escalates=True"] if known.fired else [])])


def _event(event: ObservedEvent, target: AgentPlan) -> dict[str, Any]:
    """What the tests of one event are told."""
    answered, request = event.outcome == "answered", event.handler.request
    stores = [layer.kind.value for layer in target.spec.memory if layer.kind.value not in ("working", "episodic")]
    return {
        "name": event.event,
        "operation": str(event.handler.name),
        "outcome": event.outcome,
        "publisher": (str(event.publisher.name), event.arguments) if event.publisher else None,
        "payload": event.payload,
        "fields": sorted(spec.name for spec in request) if answered and request is not None else None,
        "answer": event.answer if answered else None,
        "missing": next((spec.name for spec in reversed(request or ()) if spec.required), ""),
        "faults": stores if answered else [],
    }


def _collection(plan: Plan) -> str:
    names = [str(agent.id) for agent in plan.agents]
    groups = [names[start : start + BESIDE] for start in range(0, len(names), BESIDE)]
    anchors = {str(agent.id): list(view_governance(agent).anchors) for agent in plan.agents}
    body = render_template("tests/_integration_collection.j2", groups=groups, anchors=anchors)
    title = f"The agents of {plan.collection} beside each other."
    return render_template("tests/integration.py.j2", title=title, imports=_imports(body), body=body)
