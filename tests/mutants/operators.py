"""What a slip in one place of a syntax tree looks like: each operator maps a node to changed copies of it.

Mutation libraries were looked at first. mutmut changes function bodies alone, and most of what is generated declares:
models, policies, layers, routes. The operators of cosmic-ray leave arguments, entries and bounds as they are. So the
operators are ours, and small.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any

Operator = Callable[[ast.AST], Iterator[ast.AST]]

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _without(items: list[Any], index: int) -> list[Any]:
    return [*items[:index], *items[index + 1 :]]


def comparison(node: ast.AST) -> Iterator[ast.AST]:
    """`<` is `<=`, `==` is `!=`, `in` is `not in`."""
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            swapped = _COMPARISONS[type(operator)]()
            yield _with(node, ops=[*node.ops[:index], swapped, *node.ops[index + 1 :]])


def boolean(node: ast.AST) -> Iterator[ast.AST]:
    """`and` is `or`."""
    if isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def negation(node: ast.AST) -> Iterator[ast.AST]:
    """A `not` is left out, or stands before the condition of an `if` or of a filter."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    if isinstance(node, ast.If | ast.IfExp):
        yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.comprehension):
        for index, test in enumerate(node.ifs):
            negated = ast.UnaryOp(ast.Not(), test)
            yield _with(node, ifs=[*node.ifs[:index], negated, *node.ifs[index + 1 :]])


def arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    """`+` is `-`, `*` is `/`."""
    if isinstance(node, ast.BinOp) and (swapped := _ARITHMETIC.get(type(node.op))):
        yield _with(node, op=swapped())


def constant(node: ast.AST) -> Iterator[ast.AST]:
    """A number is one more, a text longer, a truth value the other one."""
    if isinstance(node, ast.Constant):
        match node.value:
            case bool():
                yield _with(node, value=not node.value)
            case int() | float():
                yield _with(node, value=node.value + 1)
            case str():
                yield _with(node, value=f"{node.value}X")


def result(node: ast.AST) -> Iterator[ast.AST]:
    """A function returns None."""
    if isinstance(node, ast.Return) and node.value is not None and not _none(node.value):
        yield _with(node, value=ast.Constant(None))


def statement(node: ast.AST) -> Iterator[ast.AST]:
    """A call whose result nobody uses is left out, and so is a `raise`."""
    called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await)
    if called or isinstance(node, ast.Raise):
        yield ast.copy_location(ast.Pass(), node)


def order(node: ast.AST) -> Iterator[ast.AST]:
    """Two arguments beside each other are swapped, but for those of `min` and `max`, whose order says nothing."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
        return
    if isinstance(node, ast.Call) and not any(isinstance(argument, ast.Starred) for argument in node.args):
        for index in range(len(node.args) - 1):
            first, second = node.args[index : index + 2]
            yield _with(node, args=[*node.args[:index], second, first, *node.args[index + 2 :]])


def keyword(node: ast.AST) -> Iterator[ast.AST]:
    """An argument given by name is left out: a bound of a field, an option of a decorator, a part of a declaration."""
    if isinstance(node, ast.Call):
        for index in range(len(node.keywords)):
            yield _with(node, keywords=_without(node.keywords, index))


def entry(node: ast.AST) -> Iterator[ast.AST]:
    """An entry of a tuple, list, set or mapping is left out."""
    if isinstance(node, ast.Dict):
        for index in range(len(node.keys)):
            yield _with(node, keys=_without(node.keys, index), values=_without(node.values, index))
    if isinstance(node, ast.Tuple | ast.List | ast.Set) and not isinstance(getattr(node, "ctx", None), ast.Store):
        for index in range(len(node.elts)):
            yield _with(node, elts=_without(node.elts, index))


def bound(node: ast.AST) -> Iterator[ast.AST]:
    """A slice goes on to the end, or begins at the start; a filter lets everything through."""
    if isinstance(node, ast.Slice):
        for name in ("lower", "upper", "step"):
            if getattr(node, name) is not None:
                yield _with(node, **{name: None})
    if isinstance(node, ast.comprehension):
        for index in range(len(node.ifs)):
            yield _with(node, ifs=_without(node.ifs, index))


OPERATORS: tuple[Operator, ...] = (
    comparison,
    boolean,
    negation,
    arithmetic,
    constant,
    result,
    statement,
    order,
    keyword,
    entry,
    bound,
)


def _none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
