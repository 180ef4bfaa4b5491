"""Tests across agents: one file for each two of them that are joined, and one for the whole collection."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from typing import Any

from l9stack.model.glue import RouteBehaviour
from l9stack.model.plan import AgentPlan, Edge, OperationPlan, Plan
from l9stack.printable import line
from l9stack.rendering.code.bridges import view_governance
from l9stack.rendering.environment import fill
from l9stack.rendering.imports import Imports
from l9stack.rendering.quoting import python
from l9stack.rendering.samples import record
from l9stack.rendering.suites.answers import chain, known_answers, made_of, worked_out
from l9stack.rendering.suites.exchanges import (
    CRITICAL,
    Exchange,
    ObservedEvent,
    exchanges,
    observed,
    source_faults,
    target_faults,
    unfit,
)
from l9stack.rendering.suites.literals import changed, row, title
from l9stack.rendering.suites.paths import free

FOLDER = "tests/codegen_integration"
BESIDE = 12
"""Agents that one test serves beside each other: each keeps connections of its own to the servers."""

_NAMES = {
    "collections.abc": ("AsyncIterator", "Mapping"),
    "pathlib": ("Path",),
    "typing": ("Any",),
    "structlog.testing": ("capture_logs",),
    "l9stack.agent.backends": ("BackendUrls",),
    "l9stack.agent.definition": ("load",),
    "l9stack.agent.testing": (
        "Reply",
        "ServedAgent",
        "StandIn",
        "audited",
        "escalated",
        "events",
        "failing_store",
        "recorded",
        "serving_together",
        "set_aside",
        "told",
        "unreachable",
    ),
}
"""Where the names come from that these tests may use."""


def integration_tests(plan: Plan, sources: Container[str] | None = None) -> dict[str, str]:
    """Every file of tests across agents by path, before it is formatted; none where no agent is joined to another.

    With `sources` only those whose source is one of them; that of the whole collection goes with its first agent.
    """
    pairs = joined(plan)
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


def joined(plan: Plan) -> dict[tuple[str, str], list[Edge]]:
    """Agents that are joined, with all edges from the one to the other."""
    pairs: dict[tuple[str, str], list[Edge]] = {}
    for edge in plan.edges:
        if not edge.external and edge.source != edge.target:
            pairs.setdefault((edge.source, edge.target), []).append(edge)
    return dict(sorted(pairs.items()))


def _pair(plan: Plan, source: AgentPlan, target: AgentPlan, edges: list[Edge]) -> str:
    sent = exchanges(plan, source, target, edges)
    events = observed(plan, source, target, edges)
    answered = [exchange for exchange in sent if exchange.outcome == "answered"]
    reasons = "; ".join(f"{edge.kind.value} {', '.join(map(line, edge.names))}".strip() for edge in edges)
    title = f"{line(source.spec.name)} to {line(target.spec.name)}: {reasons}. Both run for real, in one namespace."
    waits = {e.label: e for e in sent if e.outcome == "waits" and not _decider(plan, e).reusable}
    body = fill(
        "tests/_integration_pair.j2",
        source=_agent(source),
        target=_agent(target),
        served=_served(plan, source, target, sent, events),
        exchanges=sent,
        calls={exchange.label: exchange.arguments for exchange in sent if exchange.operation},
        packets={exchange.label: exchange.payload for exchange in sent if not exchange.operation},
        answered=[exchange.label for exchange in answered],
        traced=[exchange.label for exchange in answered if exchange.once],
        waits={label: (*exchange.decider, _decided(_decider(plan, exchange))) for label, exchange in waits.items()},
        refused=[exchange.label for exchange in sent if exchange.outcome == "refused"],
        answers=_answers(plan, source, answered, sent=_agent(target)["episodic"]),
        made=_made(plan, source, answered),
        packet_answers=_packet_answers(plan, target, answered),
        unfit=[row([python(packet)], why) for exchange in sent for why, packet in unfit(exchange)],
        source_faults=[fault for exchange in answered for fault in source_faults(source, exchange)],
        target_faults=[fault for exchange in answered for fault in target_faults(target, exchange)],
        source_denies=[e.label for e in answered if e.operation and _denies(source, e.operation.criticality)],
        target_denies=[e.label for e in answered if _denies(target, e.asked.criticality)],
        events=_events(events, target),
    )
    return fill("tests/integration.py.j2", title=title, imports=_imports(body), body=body)


def _imports(body: str) -> Imports:
    """The imports of the names that a body uses."""
    imports = Imports()
    used = set(re.findall(r"(?<![\w.\"'])[A-Za-z_]\w*\b(?![\"'])", body))
    for module, names in _NAMES.items():
        imports.add(module, *used.intersection(names))
    for module in ("json", "uuid", "pytest", "pytest_asyncio"):
        if f"{module}." in body:
            imports.module(module)
    return imports


def _decider(plan: Plan, exchange: Exchange) -> OperationPlan:
    agent, operation = exchange.decider
    return plan.agent(agent).operation(operation)


def _decided(operation: OperationPlan) -> dict[str, Any]:
    """An answer that an anchor may give."""
    return {"answer": "given by an anchor"} if operation.response is None else dict(record(operation.response))


def _agent(agent: AgentPlan) -> dict[str, Any]:
    layers = [layer.kind.value for layer in agent.spec.memory]
    return {"id": str(agent.id), "name": line(agent.spec.name), "layers": layers, "episodic": "episodic" in layers}


def _denies(agent: AgentPlan, criticality: float) -> bool:
    """Whether an operation is denied while its decisions cannot be kept."""
    return criticality >= CRITICAL and any(layer.kind.value == "episodic" for layer in agent.spec.memory)


def _served(
    plan: Plan, source: AgentPlan, target: AgentPlan, sent: Iterable[Exchange], events: Iterable[ObservedEvent]
) -> list[str]:
    """Both agents, then those whom their operations ask in turn."""
    ways = [chain(plan, source, e.operation) if e.operation else chain(plan, target, e.asked) for e in sent]
    ways += [chain(plan, target, event.handler) for event in events]
    ways += [chain(plan, source, event.publisher) for event in events if event.publisher]
    others = {str(agent.id) for way in ways for agent, _ in way} - {source.id, target.id}
    return [str(source.id), str(target.id), *sorted(others)]


def _answers(plan: Plan, source: AgentPlan, answered: Iterable[Exchange], *, sent: bool) -> list[str]:
    """Calls with answers that can be worked out: operation, arguments, what is sent, said and answered, governance.

    What is sent is only of use where the target keeps it.
    """
    rows = []
    for exchange in answered:
        route = exchange.operation.behaviour if exchange.operation else None
        if not exchange.operation or not isinstance(route, RouteBehaviour):
            continue
        for known in known_answers(plan, source, exchange.operation, route):
            columns = [
                python(exchange.label),
                changed(f"CALLS[{python(exchange.label)}]", exchange.arguments, known.arguments),
                *([python(known.sent)] if sent else []),
                python(known.said),
                python(known.expected),
                python("ESCALATED" if known.fired else "APPROVED"),
            ]
            rows.append(row(columns, f"{exchange.label}: {title(exchange.arguments, known.arguments)}"))
    return rows


def _made(plan: Plan, source: AgentPlan, answered: Iterable[Exchange]) -> list[dict[str, Any]]:
    """Calls whose answer is only known beside what the target really says: how the one is made of the other."""
    found = []
    for exchange in answered:
        route = exchange.operation.behaviour if exchange.operation else None
        if exchange.operation and isinstance(route, RouteBehaviour):
            pairs = made_of(exchange.operation, route)
            if pairs and not known_answers(plan, source, exchange.operation, route):
                reads = {"arguments": any("arguments[" in text for _, text in pairs),
                         "said": any("said[" in text for _, text in pairs)}  # fmt: skip
                found.append({"name": exchange.label, "asked": exchange.asked.name, "pairs": pairs, **reads})
    return found


def _packet_answers(plan: Plan, target: AgentPlan, answered: Iterable[Exchange]) -> dict[str, Any]:
    """What the target answers to plain packets, as far as it can be worked out."""
    found = {}
    for exchange in answered:
        if not exchange.operation:
            case = worked_out(plan, target, exchange.asked, exchange.payload["arguments"])
            found[exchange.label] = case.expected if case else {}
    return found


def _events(events: tuple[ObservedEvent, ...], target: AgentPlan) -> dict[str, Any]:
    """The events by what becomes of them."""
    handled = [event for event in events if event.outcome == "answered"]
    stores = [layer.kind.value for layer in target.spec.memory if layer.kind.value not in ("working", "episodic")]
    return {
        "all": [event.event for event in events],
        "calls": {e.event: (str(e.publisher.name), e.arguments) for e in events if e.publisher},
        "payloads": {event.event: event.payload for event in events if not event.publisher},
        "handled": [event.event for event in handled],
        "waits": {event.event: str(event.handler.name) for event in events if event.outcome == "waits"},
        "refused": [event.event for event in events if event.outcome == "refused"],
        "answers": {event.event: event.answer for event in handled if event.answer is not None},
        "fields": {e.event: {spec.name for spec in e.handler.request or ()} for e in handled if e.handler.request},
        "unfit": {e.event: spec.name for e in events for spec in e.handler.request or () if spec.required},
        "faults": [(event.event, layer) for event in handled for layer in stores],
    }


def _collection(plan: Plan) -> str:
    names = [str(agent.id) for agent in plan.agents]
    groups = [names[start : start + BESIDE] for start in range(0, len(names), BESIDE)]
    anchors = {str(agent.id): list(view_governance(agent).anchors) for agent in plan.agents}
    body = fill("tests/_integration_collection.j2", groups=groups, anchors=anchors)
    title = f"The agents of {plan.collection} beside each other."
    return fill("tests/integration.py.j2", title=title, imports=_imports(body), body=body)
