"""Declared behaviours are checked before anything is rendered: fields exist, targets exist, values fit their types."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from l9stack.errors import Problem
from l9stack.model.agent import AgentSpec, MemoryKind
from l9stack.model.glue import (
    Binding,
    CheckPolicyBehaviour,
    DecisionTableBehaviour,
    EchoBehaviour,
    FieldSpec,
    Implementation,
    QueryMemoryBehaviour,
    RecordBehaviour,
    RouteBehaviour,
    TransformBehaviour,
)
from l9stack.model.plan import OperationPlan
from l9stack.names import AgentId
from l9stack.planning.binding_problems import BindingProblems, FieldMap
from l9stack.planning.expression_types import NUMERIC, clashes
from l9stack.planning.implementations import OwnCode, fault_of, unfinished_place

_PYTHON: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "strings": list,
    "object": dict,
}
_POLICY = (
    FieldSpec(name="status", choices=("APPROVED", "ESCALATED"), description="the verdict"),
    FieldSpec(name="fired", type="strings", description="names of the rules that fired"),
    FieldSpec(name="anchors", type="strings", description="who was notified"),
)
_FOUND = (
    FieldSpec(name="count", type="integer", minimum=0, description="how many decisions were found"),
    FieldSpec(name="decisions", type="any", description="the decisions, newest first"),
)
_RECEIPT = (FieldSpec(name="record_id", description="id under which the request is recorded"),)


def with_response(operation: OperationPlan, own: OwnCode) -> OperationPlan:
    """The operation with the response that its behaviour implies, where none is declared, and whether it is finished.

    `own` are the user's own implementations.
    """
    if isinstance(operation.behaviour, Implementation):
        return operation.model_copy(update={"unfinished": unfinished_place(operation.behaviour.target, own)})
    implied: Mapping[type, tuple[FieldSpec, ...] | None] = {
        CheckPolicyBehaviour: _POLICY,
        QueryMemoryBehaviour: _FOUND,
        RecordBehaviour: _RECEIPT,
        EchoBehaviour: operation.request,
    }
    response = implied.get(type(operation.behaviour))
    if operation.response is None and response is not None:
        return operation.model_copy(update={"response": response})
    return operation


class BehaviourChecker:
    """Checks the operations of a collection against each other; `specs` are their agents, by id."""

    def __init__(
        self,
        operations: Mapping[str, OperationPlan],
        specs: Mapping[AgentId, AgentSpec],
        own: OwnCode,
        problems: list[Problem],
    ) -> None:
        self._operations = operations
        self._specs = specs
        self._own = own
        self._problems = problems

    def check(self, operation: OperationPlan, binding: Binding | None) -> None:
        """Collect everything wrong with the behaviour of one operation."""
        if binding is None:
            return
        told = BindingProblems(binding, self._problems)
        request = {spec.name: spec for spec in operation.request or ()}
        response = {spec.name: spec for spec in operation.response or ()}
        memory = self._specs[operation.agent].memory
        for side, fields in (("request", request), ("response", response)):
            for spec in fields.values():
                _check_values(spec, f"{side}.{spec.name}", told)
        match operation.behaviour:
            case Implementation(target=target):
                if fault := fault_of(target, self._own):
                    told.error(fault.code, fault.message, "implementation", fault.hint, fault.place)
            case DecisionTableBehaviour() as table:
                self._table(table, request, response, told)
            case TransformBehaviour(assign=assign):
                self._assign(assign, request, response, told)
            case RouteBehaviour() as route:
                self._route(route, request, response, told)
            case RecordBehaviour(assign=assign):
                if not memory:
                    told.error("no-memory", "record keeps nothing: the agent declares no memory layer")
                if (receipt := response.pop("record_id", None)) is not None:
                    told.value(receipt, "string")
                self._assign(assign, request, response, told)
            case QueryMemoryBehaviour(match=match):
                if not any(layer.kind is MemoryKind.EPISODIC for layer in memory):
                    told.error("no-memory", "query_memory finds nothing: the agent declares no episodic memory")
                told.names(match, request, "match")
                told.given(response, {"count": "integer", "decisions": "any"})
            case CheckPolicyBehaviour():
                told.given(response, {"status": "string", "fired": "strings", "anchors": "strings"})
            case EchoBehaviour():
                told.given(response, {name: spec.type for name, spec in request.items()}, whole=True)
            case _:
                pass

    def _table(
        self, table: DecisionTableBehaviour, request: FieldMap, response: FieldMap, told: BindingProblems
    ) -> None:
        for number, row in enumerate(table.rows):
            kind = told.expression(row.when, request, f"rows.{number}.when")
            if kind not in ("boolean", "unknown"):
                hint = f"compare it, as `{row.when.strip()} > 0`" if kind in NUMERIC else "compare it to something"
                told.error("wrong-type", f"{row.when!r} is no condition", f"rows.{number}.when", hint)
            self._values(row.then, request, response, told, f"rows.{number}.then")
        self._values(table.otherwise, request, response, told, "otherwise")

    def _route(self, route: RouteBehaviour, request: FieldMap, response: FieldMap, told: BindingProblems) -> None:
        target = self._operations.get(route.to)
        if target is None:
            near = difflib.get_close_matches(route.to, self._operations, 1, 0.6)
            hint = f"did you mean {near[0]}?" if near else "name it `agent.operation`"
            told.error("unknown-operation", f"route.to: {route.to!r} is no operation here", "to", hint)
            return
        wanted = None if target.request is None else {spec.name: spec for spec in target.request}
        for name, text in route.send.items():
            kind = told.expression(text, request, f"send.{name}")
            if wanted and name in wanted and clashes(kind, wanted[name]):
                told.wrong(name, kind, wanted[name], f"send.{name}")
        if wanted is not None:
            for name, spec in sorted(wanted.items()):
                if spec.required and name not in route.send:
                    told.error("missing-field", f"route.send: {route.to} requires `{name}`", "send")
            told.names(route.send, wanted, "send")
        answers = {f"answer.{spec.name}": spec for spec in target.response or ()}
        self._assign(route.assign, {**request, **answers}, response, told, open_answer=target.response is None)

    def _assign(
        self,
        assign: Mapping[str, str],
        fields: FieldMap,
        response: FieldMap,
        told: BindingProblems,
        *,
        open_answer: bool = False,
    ) -> None:
        for name, text in assign.items():
            kind = told.expression(text, fields, f"assign.{name}", open_answer=open_answer)
            if name in response and clashes(kind, response[name]):
                told.wrong(name, kind, response[name], f"assign.{name}")
        told.names(assign, response, "assign")
        for name, spec in response.items():
            if spec.required and name not in assign:
                told.error("missing-field", f"assign: the response field `{name}` gets no value", "assign")

    def _values(
        self,
        values: Mapping[str, Any],
        request: FieldMap,
        response: FieldMap,
        told: BindingProblems,
        where: str,
    ) -> None:
        told.names(values, response, where)
        for name, spec in response.items():
            at = f"{where}.{name}"
            if name not in values:
                if spec.required:
                    told.error("missing-field", f"{where}: the response field `{name}` gets no value", where)
                continue
            value = values[name]
            if isinstance(value, str) and value.startswith("="):
                kind = told.expression(value[1:], request, at, after=1)
                if clashes(kind, spec):
                    told.wrong(name, kind, spec, at)
            elif reason := misfit(spec, value):
                told.error("bad-value", f"`{name}`: {value!r} {reason}", at)


def _check_values(spec: FieldSpec, at: str, told: BindingProblems) -> None:
    """Examples and defaults reach documents, tests and models: each has to be a value of its field."""
    for name, value in (("example", spec.example), ("default", spec.default)):
        if value is not None and (reason := misfit(spec, value)):
            told.error("bad-value", f"{at}: {name} {value!r} {reason}", at)


def misfit(spec: FieldSpec, value: Any) -> str:
    """Why a literal is no value of a field, or an empty text."""
    wanted = _PYTHON.get(spec.type)
    if wanted is not None and (not isinstance(value, wanted) or (isinstance(value, bool) and spec.type != "boolean")):
        return f"is no {spec.type}"
    if isinstance(value, list) and spec.type == "strings" and not all(isinstance(item, str) for item in value):
        return "is no list of strings"
    if spec.choices and any(item not in spec.choices for item in (value if isinstance(value, list) else [value])):
        return f"is none of {', '.join(spec.choices)}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if spec.minimum is not None and value < spec.minimum:
            return f"is below the minimum {spec.minimum:g}"
        if spec.maximum is not None and value > spec.maximum:
            return f"is above the maximum {spec.maximum:g}"
    if isinstance(value, str) and spec.max_length is not None and len(value) > spec.max_length:
        return f"is longer than {spec.max_length}"
    return ""
