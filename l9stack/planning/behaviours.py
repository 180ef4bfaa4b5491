"""Declared behaviours are checked before anything is rendered: fields exist, targets exist, values fit their types."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from l9stack.errors import Problem
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
from l9stack.planning.expressions import ExpressionError, parse

FOLDER = "implementations"
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


def completed(operation: OperationPlan) -> OperationPlan:
    """The operation with the response that its behaviour implies, where none is declared."""
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


class Checker:
    """Checks the operations of a collection against each other."""

    def __init__(self, operations: Mapping[str, OperationPlan], root: Path, problems: list[Problem]) -> None:
        self._operations = operations
        self._root = root
        self._problems = problems

    def check(self, operation: OperationPlan, binding: Binding | None) -> None:
        """Collect everything wrong with the behaviour of one operation."""
        if binding is None:
            return
        request = {spec.name for spec in operation.request or ()}
        response = {spec.name: spec for spec in operation.response or ()}
        match operation.behaviour:
            case Implementation(target=target):
                self._implementation(target, binding)
            case DecisionTableBehaviour(rows=rows, otherwise=otherwise):
                if not rows:
                    self._error(binding, "bad-behaviour", "a decision table has at least one row")
                for row in rows:
                    self._expression(row.when, request, binding)
                    self._values(row.then, request, response, binding)
                self._values(otherwise, request, response, binding)
            case TransformBehaviour(assign=assign):
                self._assign(assign, request, response, binding)
            case RouteBehaviour() as route:
                self._route(route, request, response, binding)
            case RecordBehaviour(assign=assign):
                given = set(response) & {"record_id"}
                self._assign(assign, request, {k: v for k, v in response.items() if k not in given}, binding)
            case QueryMemoryBehaviour(match=match):
                self._names(match, request, binding)
            case _:
                pass

    def _route(
        self, route: RouteBehaviour, request: set[str], response: dict[str, FieldSpec], binding: Binding
    ) -> None:
        target = self._operations.get(route.to)
        if target is None:
            near = difflib.get_close_matches(route.to, self._operations, 1, 0.6)
            hint = f"did you mean {near[0]}?" if near else "name it `agent.operation`"
            self._error(binding, "unknown-operation", f"route.to: {route.to!r} is no operation here", hint)
            return
        for text in route.send.values():
            self._expression(text, request, binding)
        if target.request is not None:
            wanted = {spec.name for spec in target.request if spec.required}
            for name in sorted(wanted - route.send.keys()):
                self._error(binding, "missing-field", f"route.send: {route.to} requires `{name}`")
            self._names(route.send, {spec.name for spec in target.request}, binding)
        answers = {f"answer.{spec.name}" for spec in target.response or ()}
        self._assign(route.assign, request | answers, response, binding, open_answer=target.response is None)

    def _assign(
        self,
        assign: Mapping[str, str],
        names: set[str],
        response: dict[str, FieldSpec],
        binding: Binding,
        *,
        open_answer: bool = False,
    ) -> None:
        for text in assign.values():
            self._expression(text, names, binding, open_answer=open_answer)
        self._names(assign, set(response), binding)
        for name, spec in response.items():
            if spec.required and name not in assign:
                self._error(binding, "missing-field", f"assign: the response field `{name}` gets no value")

    def _values(
        self, values: Mapping[str, Any], request: set[str], response: dict[str, FieldSpec], binding: Binding
    ) -> None:
        self._names(values, set(response), binding)
        for name, spec in response.items():
            if name not in values:
                if spec.required:
                    self._error(binding, "missing-field", f"the response field `{name}` gets no value in every row")
                continue
            value = values[name]
            if isinstance(value, str) and value.startswith("="):
                self._expression(value[1:], request, binding)
            elif reason := misfit(spec, value):
                self._error(binding, "bad-value", f"`{name}`: {value!r} {reason}")

    def _expression(self, text: str, names: set[str], binding: Binding, *, open_answer: bool = False) -> None:
        try:
            expression = parse(text)
        except ExpressionError as error:
            self._error(binding, "bad-expression", f"{text!r}: {error}", "see docs/decisions/0004")
            return
        used = {name for name in expression.names if not (open_answer and name.startswith("answer."))}
        self._names(used, names, binding)

    def _names(self, used: Iterable[str], known: set[str], binding: Binding) -> None:
        for name in sorted(set(used) - known):
            near = difflib.get_close_matches(name, known, 1, 0.6)
            hint = f"did you mean `{near[0]}`?" if near else f"fields: {', '.join(sorted(known)) or 'none declared'}"
            self._error(binding, "unknown-field", f"`{name}` is no field here", hint)

    def _implementation(self, target: str, binding: Binding) -> None:
        module, _, function = target.partition(":")
        base = self._root / FOLDER / Path(*module.split("."))
        file = next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)
        if file is None:
            hint = f"write it to {FOLDER}/{module.replace('.', '/')}.py beside the collection"
            self._error(binding, "no-implementation", f"module {module} is not there", hint)
            return
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError) as error:
            self._error(binding, "no-implementation", f"{FOLDER}/{module}: {error}")
            return
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        if function not in names:
            near = difflib.get_close_matches(function, names, 1, 0.6)
            hint = f"did you mean {near[0]}?" if near else f"define it in {file.name}"
            self._error(binding, "no-implementation", f"{module} has no function {function}", hint)

    def _error(self, binding: Binding, code: str, message: str, hint: str = "") -> None:
        where = f"{binding.agent}.{binding.operation}"
        self._problems.append(Problem(code, f"operations.{where}: {message}", binding.place, hint))


def misfit(spec: FieldSpec, value: Any) -> str:
    """Why a literal is no value of a field, or an empty text."""
    wanted = _PYTHON.get(spec.type)
    if wanted is not None and (not isinstance(value, wanted) or (isinstance(value, bool) and spec.type != "boolean")):
        return f"is no {spec.type}"
    if spec.choices and value not in spec.choices:
        return f"is none of {', '.join(spec.choices)}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if spec.minimum is not None and value < spec.minimum:
            return f"is below the minimum {spec.minimum:g}"
        if spec.maximum is not None and value > spec.maximum:
            return f"is above the maximum {spec.maximum:g}"
    if isinstance(value, str) and spec.max_length is not None and len(value) > spec.max_length:
        return f"is longer than {spec.max_length}"
    return ""
