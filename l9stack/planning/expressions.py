"""A closed expression grammar, parsed to a whitelisted syntax tree and printed again: no text of a user's reaches code.

Allowed are names, numbers, strings, booleans, null, lists of these, `+ - * / %`, comparisons, `in`, `and or not`,
`a if c else b`, and the functions min, max, round, len, abs, lower. See docs/decisions/0004.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_LENGTH = 500
MAX_NODES = 200

_ARGUMENTS = {
    "min": (2, MAX_NODES),
    "max": (2, MAX_NODES),
    "round": (1, 2),
    "len": (1, 1),
    "abs": (1, 1),
    "lower": (1, 1),
}
_COUNTS = {(2, MAX_NODES): "two arguments or more", (1, 2): "one or two arguments", (1, 1): "one argument"}
_FUNCTIONS = frozenset(_ARGUMENTS)
_BINARY_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod)
_UNARY_OPERATORS = (ast.USub, ast.Not)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.In, ast.NotIn)
_WORDS = {"true": True, "false": False, "null": None}


class ExpressionError(ValueError):
    """The text is not of the grammar; the message says why. `column` is where in the text, from 1."""

    def __init__(self, message: str, column: int = 1) -> None:
        self.column = column
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression; `names` are the fields that it reads, as `amount` or `answer.decision`.

    Nodes of `tree` have their places in the text.
    """

    tree: ast.expr
    names: frozenset[str]

    def python(self, prefix: Callable[[str], str]) -> str:
        """Python source with each name replaced by `prefix(name)`, which has to return a safe expression."""

        class Rename(ast.NodeTransformer):
            def visit_Name(self, node: ast.Name) -> ast.expr:
                return node if node.id in _FUNCTIONS else ast.parse(prefix(node.id), mode="eval").body

            def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
                return ast.parse(prefix(_dotted(node)), mode="eval").body

            def visit_Call(self, node: ast.Call) -> ast.expr:
                arguments = [self.visit(argument) for argument in node.args]
                if isinstance(node.func, ast.Name) and node.func.id == "lower":
                    return ast.Call(ast.Attribute(arguments[0], "lower", ast.Load()), [], [])
                return ast.Call(node.func, arguments, [])

        return ast.unparse(ast.fix_missing_locations(Rename().visit(_copy(self.tree))))

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The value for given names; used to work out what a generated test has to expect."""
        return _evaluate(self.tree, values)


@lru_cache(maxsize=2048)
def parse(text: str) -> Expression:
    """Parse an expression.

    Raises:
        ExpressionError: where the text is not of the grammar.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH} characters")
    # Text that comes with layout around it, as YAML's folded blocks do, keeps its columns.
    begins = len(text) - len(text.lstrip())
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"not an expression: {error.msg}", begins + (error.offset or 1)) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError("not an expression") from error
    nodes = list(ast.walk(tree))
    if len(nodes) > MAX_NODES:
        raise ExpressionError("too large an expression")
    for node in nodes:
        if isinstance(node, ast.expr):
            node.col_offset = begins + len(text.strip().encode()[: node.col_offset].decode(errors="ignore"))
    names: set[str] = set()
    tree = _checked(tree, names)
    return Expression(tree, frozenset(names))


def _checked(node: ast.expr, names: set[str]) -> ast.expr:
    return ast.copy_location(_allowed(node, names), node)


def _allowed(node: ast.expr, names: set[str]) -> ast.expr:
    match node:
        case ast.Constant(value=value) if value is None or isinstance(value, str | int | float | bool):
            return node
        case ast.Name(id=name) if name in _WORDS:
            return ast.Constant(_WORDS[name])
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="request"), attr=name) if name in _FUNCTIONS:
            raise ExpressionError(f"{name} is a function: no field of that name can be read", node.col_offset + 1)
        case ast.Name(id=name) if not name.startswith("_"):
            names.add(name)
            return node
        case ast.Attribute(value=ast.Name(id=("answer" | "request") as base), attr=attr) if not attr.startswith("_"):
            if base == "request":
                names.add(attr)
                return ast.Name(attr, ast.Load())
            names.add(f"answer.{attr}")
            return node
        case ast.BinOp(left=left, op=operator, right=right) if isinstance(operator, _BINARY_OPERATORS):
            return ast.BinOp(_checked(left, names), operator, _checked(right, names))
        case ast.UnaryOp(op=operator, operand=operand) if isinstance(operator, _UNARY_OPERATORS):
            return ast.UnaryOp(operator, _checked(operand, names))
        case ast.BoolOp(op=operator, values=values):
            return ast.BoolOp(operator, [_checked(value, names) for value in values])
        case ast.Compare(left=left, ops=ops, comparators=right) if all(isinstance(op, _COMPARISONS) for op in ops):
            return ast.Compare(_checked(left, names), ops, [_checked(value, names) for value in right])
        case ast.IfExp(test=test, body=body, orelse=other):
            return ast.IfExp(_checked(test, names), _checked(body, names), _checked(other, names))
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return ast.List([_checked(item, names) for item in items], ast.Load())
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS and arguments:
            least, most = _ARGUMENTS[name]
            # One list in place of several values is as good to min and max.
            if not least <= len(arguments) <= most and not (least == 2 and isinstance(arguments[0], ast.List)):
                raise ExpressionError(f"{name} takes {_COUNTS[least, most]}", node.col_offset + 1)
            return ast.Call(ast.Name(name, ast.Load()), [_checked(argument, names) for argument in arguments], [])
    raise ExpressionError(f"`{ast.unparse(node)[:60]}` is not allowed", node.col_offset + 1)


def _dotted(node: ast.Attribute) -> str:
    return f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else node.attr


def _copy(node: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(ast.fix_missing_locations(node)), mode="eval").body


_BUILTINS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "round": round,
    "len": len,
    "abs": abs,
    "lower": lambda text: text.lower(),
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Mod: lambda a, b: a % b,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


def _evaluate(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return values[name]
        case ast.Attribute():
            return values[_dotted(node)]
        case ast.BinOp(left=left, op=operator, right=right):
            return _BINARY[type(operator)](_evaluate(left, values), _evaluate(right, values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _evaluate(operand, values)
        case ast.UnaryOp(operand=operand):
            return -_evaluate(operand, values)
        case ast.BoolOp(op=operator, values=parts):
            # As Python does: the operand that decides is the value, not whether it is true.
            value = _evaluate(parts[0], values)
            for part in parts[1:]:
                if bool(value) is isinstance(operator, ast.Or):
                    return value
                value = _evaluate(part, values)
            return value
        case ast.Compare(left=left, ops=ops, comparators=rights):
            current = _evaluate(left, values)
            for comparison, right in zip(ops, rights, strict=True):
                following = _evaluate(right, values)
                if not _COMPARE[type(comparison)](current, following):
                    return False
                current = following
            return True
        case ast.IfExp(test=test, body=body, orelse=other):
            return _evaluate(body if _evaluate(test, values) else other, values)
        case ast.List(elts=items):
            return [_evaluate(item, values) for item in items]
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _BUILTINS[name](*(_evaluate(argument, values) for argument in arguments))
    raise ExpressionError(f"cannot evaluate {type(node).__name__}")
