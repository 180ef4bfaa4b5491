"""Types of expressions: what one gives, whether that fits a field, and where its operands do not go together."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from l9stack.model.glue import FieldSpec

NUMERIC = frozenset({"boolean", "integer", "number"})
TEXT = frozenset({"string", "literal"})
_RANK = {"boolean": 0, "integer": 1, "number": 2}
_SIZED = TEXT | {"strings", "object", "list", "unknown"}
_WORDS = {"literal": "a text", "string": "a text", "strings": "a list of texts", "list": "a list", "null": "null"}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a part of an expression cannot be worked out, and at which column of its text (from 1)."""

    message: str
    column: int


def kind_of(node: ast.expr, fields: Mapping[str, FieldSpec], *, absent: bool = False) -> str:
    """`boolean`, `integer`, `number`, `string`, `literal`, `list`, `null`, a field's own type, or `unknown`.

    A field that may be null is `unknown`, unless `absent` says that its absence does not count.
    """
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
            return _of_field(fields.get(name), absent)
        case ast.Attribute(attr=name):
            return _of_field(fields.get(f"answer.{name}"), absent)
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return "boolean"
        case ast.UnaryOp(operand=operand):
            return kind_of(operand, fields, absent=absent)
        case ast.BinOp(left=left, op=operator, right=right):
            sides = {kind_of(left, fields, absent=absent), kind_of(right, fields, absent=absent)}
            if sides <= _RANK.keys():
                return "number" if isinstance(operator, ast.Div) or "number" in sides else "integer"
            return "string" if sides <= TEXT else "unknown"
        case ast.BoolOp(values=values):
            return _joined([kind_of(value, fields, absent=absent) for value in values])
        case ast.IfExp(body=body, orelse=other):
            return _joined([kind_of(body, fields, absent=absent), kind_of(other, fields, absent=absent)])
        case ast.List():
            return "list"
        case ast.Call(func=ast.Name(id="len")):
            return "integer"
        case ast.Call(func=ast.Name(id="lower")):
            return "string"
        case ast.Call(func=ast.Name(id="round"), args=arguments):
            return "integer" if len(arguments) == 1 else "number"
        case ast.Call(args=arguments) if not isinstance(arguments[0], ast.List):
            return _joined([kind_of(argument, fields, absent=absent) for argument in arguments])
    return "unknown"


def fits(kind: str, spec: FieldSpec) -> bool:
    """Whether a value of that kind may be passed to the field's parameter, as a strict type checker sees it."""
    if spec.choices:  # of an expression nobody knows that it gives one of them, but of a text that was checked
        return kind == "literal" and spec.type == "string"
    return kind in {
        "string": TEXT,
        "integer": {"integer"},
        "number": {"number", "integer"},
        "boolean": {"boolean"},
        "strings": {"strings"},
        "object": {"object"},
    }.get(spec.type, set())


def clashes(kind: str, spec: FieldSpec) -> bool:
    """Whether no value of that kind can be one of the field; what is not known, or may be rounded, does not clash."""
    if kind in ("unknown", "null") or spec.type == "any":
        return False
    wanted = {"string": TEXT, "boolean": {"boolean"}, "strings": {"strings", "list"}, "object": {"object"}}
    return kind not in wanted.get(spec.type, {"integer", "number"})


def mismatches(tree: ast.expr, fields: Mapping[str, FieldSpec]) -> Iterator[Mismatch]:
    """Every part of an expression whose operands do not go together, whatever their values."""

    def kind(node: ast.expr) -> str:
        return kind_of(node, fields, absent=True)

    for node in ast.walk(tree):
        match node:
            case ast.BinOp(left=left, op=operator, right=right):
                if message := _arithmetic(operator, kind(left), kind(right)):
                    yield _at(node, message)
            case ast.UnaryOp(op=ast.USub(), operand=operand) if kind(operand) not in NUMERIC | {"unknown"}:
                yield _at(node, f"{in_words(kind(operand))} has no negative")
            case ast.Compare(left=left, ops=ops, comparators=rights):
                for first, comparison, second in zip([left, *rights], ops, rights, strict=False):
                    if message := _comparison(comparison, kind(first), kind(second)):
                        yield _at(node, message)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                if message := _called(name, [kind(argument) for argument in arguments]):
                    yield _at(node, message)


def _arithmetic(operator: ast.operator, left: str, right: str) -> str:
    sides = {left, right}
    if isinstance(operator, ast.Mod):
        # Of texts it would be formatting, by a text that may come with a request: only what is known to be a number.
        return "" if sides <= NUMERIC else f"`%` takes two numbers, not {in_words(left)} and {in_words(right)}"
    if sides - {"unknown"} <= NUMERIC or (isinstance(operator, ast.Add) and sides <= TEXT | {"unknown"}):
        return ""
    return f"{in_words(left)} and {in_words(right)} cannot be put together by `{_SIGNS[type(operator)]}`"


_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


def _comparison(comparison: ast.cmpop, left: str, right: str) -> str:
    if isinstance(comparison, ast.Eq | ast.NotEq):
        both = (left in NUMERIC and right in TEXT) or (left in TEXT and right in NUMERIC)
        return f"{in_words(left)} never equals {in_words(right)}" if both else ""
    if isinstance(comparison, ast.In | ast.NotIn):
        if right in TEXT:
            return "" if left in TEXT | {"unknown"} else f"{in_words(left)} cannot be in a text"
        return "" if right in _SIZED else f"nothing can be in {in_words(right)}"
    sides = {left, right} - {"unknown"}
    return "" if sides <= NUMERIC or sides <= TEXT else f"{in_words(left)} and {in_words(right)} have no order"


def _called(name: str, kinds: list[str]) -> str:
    known = [kind for kind in kinds if kind != "unknown"]
    match name:
        case "len":
            return "" if kinds[0] in _SIZED else f"{in_words(kinds[0])} has no length"
        case "lower":
            return "" if set(known) <= TEXT else f"{in_words(kinds[0])} has no lower case"
        case "abs" | "round":
            return "" if set(known) <= NUMERIC else f"{name} takes a number, not {in_words(known[0])}"
    if len(kinds) == 1 or set(known) <= NUMERIC or set(known) <= TEXT:
        return ""
    return f"{name} takes numbers, or texts, not both"


def _at(node: ast.expr, message: str) -> Mismatch:
    return Mismatch(message, node.col_offset + 1)


def in_words(kind: str) -> str:
    """A kind in words: `a number`, `an integer`."""
    return _WORDS.get(kind, f"an {kind}" if kind[0] in "aeiou" else f"a {kind}")


def _of_field(spec: FieldSpec | None, absent: bool) -> str:
    if spec is None or spec.type == "any" or not (absent or spec.required or spec.default is not None):
        return "unknown"
    return spec.type


def _joined(kinds: list[str]) -> str:
    if len(set(kinds)) == 1:
        return kinds[0]
    if set(kinds) <= {"integer", "number"}:
        return "number"
    return "string" if set(kinds) <= TEXT else "unknown"
