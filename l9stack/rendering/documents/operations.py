"""An operation as a document tells it: its fields, and what it does in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.model.glue import (
    DecisionTableBehaviour,
    FieldSpec,
    Implementation,
    QueryMemoryBehaviour,
    RecordBehaviour,
    RouteBehaviour,
    TransformBehaviour,
)
from l9stack.model.plan import AgentPlan, OperationPlan, Plan
from l9stack.rendering.code.behaviours import sent_as_packet
from l9stack.rendering.code.operations import event_of
from l9stack.rendering.documents.examples import ExampleDoc, compact_json, view_example
from l9stack.rendering.fields import number

TextPairs = tuple[tuple[str, str], ...]
_TYPES = {"strings": "list of strings", "object": "JSON object", "any": "any JSON value"}
_WORDS = {
    "implementation": "runs a function of the collection's own",
    "record": "records the request and answers with a receipt",
    "route": "asks another agent",
    "query_memory": "looks up earlier decisions",
    "check_policy": "weighs the request by the escalation rules",
    "decision_table": "decides by a table",
    "transform": "computes each field of the answer",
    "echo": "answers with the request",
    "unbound": "unbound: a governance anchor answers",
}


@dataclass(frozen=True, slots=True)
class FieldDoc:
    """One field; `default` and `example` are JSON, empty where there is none."""

    name: str
    type: str
    required: bool
    default: str
    choices: tuple[str, ...]
    bounds: str
    example: str
    description: str


@dataclass(frozen=True, slots=True)
class BehaviourDoc:
    """What an operation does; which parts are there depends on `kind`."""

    kind: str
    words: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Condition (empty for the last row: otherwise) and one cell a column."""
    assigns: TextPairs = ()
    sends: TextPairs = ()
    peer: str = ""
    wanted: str = ""
    packet: str = ""
    match: tuple[str, ...] = ()
    limit: int = 0
    target: str = ""


@dataclass(frozen=True, slots=True)
class OperationDoc:
    """One operation with everything that a document may print of it."""

    name: str
    agent: str
    title: str
    summary: str
    bound: bool
    module: str
    endpoints: TextPairs
    packets: tuple[str, ...]
    event: str
    criticality: str
    timeout: str
    reusable: bool
    logic: str
    request: tuple[FieldDoc, ...] | None
    response: tuple[FieldDoc, ...] | None
    behaviour: BehaviourDoc
    example: ExampleDoc


def view_operation(plan: Plan, agent: AgentPlan, operation: OperationPlan) -> OperationDoc:
    """The document's view of one operation."""
    words = operation.name.replace("_", " ").strip()
    return OperationDoc(
        name=operation.name,
        agent=agent.id,
        title=words[:1].upper() + words[1:],
        summary=operation.summary,
        bound=operation.bound,
        module=operation.module,
        endpoints=tuple((route.method, route.path) for route in operation.routes),
        packets=operation.packet_types,
        event=event_of(operation),
        criticality=f"{operation.criticality:g}",
        timeout=f"{operation.timeout_seconds:g}",
        reusable=operation.reusable,
        logic=operation.logic,
        request=_fields(operation.request),
        response=_fields(operation.response),
        behaviour=_behaviour(plan, agent, operation),
        example=view_example(plan, agent, operation),
    )


def _fields(specs: tuple[FieldSpec, ...] | None) -> tuple[FieldDoc, ...] | None:
    if specs is None:
        return None
    return tuple(
        FieldDoc(
            name=spec.name,
            type=_TYPES.get(spec.type, spec.type),
            required=spec.required,
            default="" if spec.required or spec.default is None else compact_json(spec.default),
            choices=spec.choices,
            bounds=_bounds(spec),
            example="" if spec.example is None else compact_json(spec.example),
            description=spec.description,
        )
        for spec in specs
    )


def _bounds(spec: FieldSpec) -> str:
    """The limits that the generated model enforces."""
    if spec.type in ("integer", "number"):
        return _span(spec.minimum, spec.maximum, "")
    if spec.type == "strings" or (spec.type == "string" and not spec.choices):
        return _span(spec.min_length, spec.max_length, " items" if spec.type == "strings" else " characters")
    return ""


def _span(low: float | None, high: float | None, unit: str) -> str:
    match (low, high):
        case (None, None):
            return ""
        case (None, most) if most is not None:
            return f"at most {number(most)}{unit}"
        case (least, None) if least is not None:
            return f"at least {number(least)}{unit}"
    return f"{number(low or 0)} to {number(high or 0)}{unit}"


def _behaviour(plan: Plan, agent: AgentPlan, operation: OperationPlan) -> BehaviourDoc:
    behaviour = operation.behaviour
    kind, words = behaviour.kind, _WORDS[behaviour.kind]
    match behaviour:
        case DecisionTableBehaviour(rows=rows, otherwise=otherwise):
            used = {name for row in rows for name in row.then} | otherwise.keys()
            columns = tuple(spec.name for spec in operation.response or () if spec.name in used)
            cells = [(row.when, _cells(row.then, columns)) for row in rows]
            return BehaviourDoc(kind, words, columns, (*cells, ("", _cells(otherwise, columns))))
        case TransformBehaviour(assign=assign) | RecordBehaviour(assign=assign):
            return BehaviourDoc(kind, words, assigns=tuple(assign.items()))
        case RouteBehaviour(to=to, send=send, assign=assign):
            peer, _, wanted = to.rpartition(".")
            packet = sent_as_packet(agent, peer, plan.agent(peer).operation(wanted))
            return BehaviourDoc(
                kind, words, assigns=tuple(assign.items()), sends=tuple(send.items()), peer=peer, wanted=wanted,
                packet=packet,
            )  # fmt: skip
        case QueryMemoryBehaviour(match=match, limit=limit):
            return BehaviourDoc(kind, words, match=match, limit=limit)
        case Implementation(target=target):
            return BehaviourDoc(kind, words, target=target)
    return BehaviourDoc(kind, words)


def _cells(values: Mapping[str, JsonValue], columns: Iterable[str]) -> tuple[str, ...]:
    cells = []
    for name in columns:
        value = values.get(name)
        expression = isinstance(value, str) and value.startswith("=")
        cells.append("" if name not in values else f"= {str(value)[1:].strip()}" if expression else compact_json(value))
    return tuple(cells)
