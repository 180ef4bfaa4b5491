"""Just enough types of expressions to know whether a constructor call passes a strict type checker."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from l9stack.model.glue import FieldSpec

_RANK = {"boolean": 0, "integer": 1, "number": 2}


def kind_of(node: ast.expr, fields: Mapping[str, FieldSpec]) -> str:
    """`boolean`, `integer`, `number`, `string`, `literal`, `null`, a field's own type, or `unknown`."""
    match node:
        case ast.Constant(value=bool()):
            return "boolean"
        case ast.Constant(value=int()):
            return "integer"
        case ast.Constant(value=float()):
            return "number"
        case ast.Constant(value=str()):
            return "literal"
        case ast.Constant(value=None):
            return "null"
        case ast.Name(id=name):
            return _of_field(fields.get(name))
        case ast.Attribute(attr=name):
            return _of_field(fields.get(f"answer.{name}"))
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return "boolean"
        case ast.UnaryOp(operand=operand):
            return kind_of(operand, fields)
        case ast.BinOp(left=left, op=operator, right=right):
            sides = {kind_of(left, fields), kind_of(right, fields)}
            if sides <= _RANK.keys():
                return "number" if isinstance(operator, ast.Div) or "number" in sides else "integer"
            return "string" if sides <= {"string", "literal"} else "unknown"
        case ast.BoolOp(values=values):
            return "boolean" if {kind_of(value, fields) for value in values} == {"boolean"} else "unknown"
        case ast.IfExp(body=body, orelse=other):
            return _joined([kind_of(body, fields), kind_of(other, fields)])
        case ast.Call(func=ast.Name(id="len")):
            return "integer"
        case ast.Call(func=ast.Name(id="lower")):
            return "string"
        case ast.Call(func=ast.Name(id="round"), args=arguments):
            return "integer" if len(arguments) == 1 else "number"
        case ast.Call(args=arguments):
            return _joined([kind_of(argument, fields) for argument in arguments])
    return "unknown"


def fits(kind: str, spec: FieldSpec) -> bool:
    """Whether a value of that kind may be passed to the field's parameter."""
    if spec.choices:
        return kind == "literal" and spec.type == "string"
    return kind in {
        "string": {"string", "literal"},
        "integer": {"integer"},
        "number": {"number", "integer"},
        "boolean": {"boolean"},
    }.get(spec.type, set())


def _of_field(spec: FieldSpec | None) -> str:
    if spec is None or not (spec.required or spec.default is not None):
        return "unknown"
    return spec.type if spec.type in ("string", "integer", "number", "boolean") else "unknown"


def _joined(kinds: list[str]) -> str:
    if len(set(kinds)) == 1:
        return kinds[0]
    if set(kinds) <= {"integer", "number"}:
        return "number"
    return "string" if set(kinds) <= {"string", "literal"} else "unknown"
