"""All mutants of a module: its text with one place changed, as `operators` change it.

Not counted, by rule: what does not compile; what has the same syntax tree; and what nobody can tell from the original:
docstrings, imports, annotations that nothing evaluates (those of functions and variables; a class's fields are read by
pydantic, and there the choices of a `Literal` are changed), how a number is formatted in a text, the `mode` in which a
record is dumped (fields of generated records are JSON values, of which each mode makes the same), and an argument that
is left out where it gives what the callee's signature has as its default.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from l9stack.agent import OperationContext
from tests.mutants.operators import OPERATORS

_LIBRARIES = ("l9stack", "pydantic")
_KEPT = (ast.Import, ast.ImportFrom)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module's whole text after the change; `before` and `after` are the changed node, at `line` of the original."""

    operator: str
    line: int
    before: str
    after: str
    text: str


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a node stands in its parent: a field, or an item of a field that is a list."""

    parent: ast.AST
    field: str
    index: int | None = None

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants_of(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its text; two changes that come to one text are one mutant."""
    tree = ast.parse(source)
    defaults = _Defaults(tree)
    found: list[Mutant] = []
    seen = {ast.unparse(tree)}
    line = 1
    for slot, node in _places(tree):
        line = getattr(node, "lineno", line)
        for operator in OPERATORS:
            for changed in operator(node):
                if operator.__name__ == "keyword" and defaults.given_anyway(node, changed):
                    continue
                slot.put(changed)
                text = ast.unparse(tree) + "\n"
                slot.put(node)
                if text.rstrip("\n") not in seen and _compiles(text):
                    seen.add(text.rstrip("\n"))
                    found.append(Mutant(operator.__name__, line, ast.unparse(node), ast.unparse(changed), text))
    return found


def _places(parent: ast.AST, *, in_class: bool = False) -> Iterator[tuple[_Slot, ast.AST]]:
    """Every node that may be changed, below a parent, with its place."""
    for field, value in ast.iter_fields(parent):
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(node, ast.AST) or isinstance(node, _KEPT) or _docstring(node):
                continue
            if field in {"annotation", "returns"}:
                if in_class and isinstance(parent, ast.AnnAssign):
                    yield from _choices(node)
                continue
            if field == "format_spec" or (isinstance(node, ast.keyword) and _dumped_alike(parent, node)):
                continue
            yield _Slot(parent, field, index), node
            yield from _places(node, in_class=isinstance(parent, ast.ClassDef))


def _choices(annotation: ast.AST) -> Iterator[tuple[_Slot, ast.AST]]:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal":
            yield _Slot(node, "slice"), node.slice
            yield from _places(node.slice)


def _docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _dumped_alike(call: ast.AST, argument: ast.keyword) -> bool:
    """Whether an argument of a call is the mode in which a record is dumped."""
    dumped = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "model_dump"
    return dumped and argument.arg == "mode"


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


class _Defaults:
    """What callees that a module imports from the libraries have as their defaults."""

    def __init__(self, tree: ast.Module) -> None:
        self._callees = {
            alias.asname or alias.name: getattr(importlib.import_module(node.module), alias.name)
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in _LIBRARIES
            for alias in node.names
        }

    def given_anyway(self, before: ast.AST, after: ast.AST) -> bool:
        """Whether a call without one of its arguments is the same call."""
        assert isinstance(before, ast.Call)
        assert isinstance(after, ast.Call)
        callee = self._callee(before.func)
        (left_out,) = (item for item in before.keywords if item not in after.keywords)
        if _dumped_alike(before, left_out):
            return True
        if callee is None or left_out.arg is None:
            return False
        try:
            parameter = inspect.signature(callee).parameters.get(left_out.arg)
            return parameter is not None and _same(parameter.default, self._value(left_out.value))
        except ValueError:  # a callee without a signature, or a value that is no literal
            return False

    def _callee(self, function: ast.expr) -> Callable[..., object] | None:
        match function:
            case ast.Name(id=name):
                return self._callees.get(name)
            case ast.Attribute(value=ast.Name(id="context"), attr=name):
                method: Callable[..., object] = getattr(OperationContext, name)
                return method
        return None

    def _value(self, node: ast.expr) -> object:
        """What a literal stands for, or a declaration that is made of literals, as `Limits(rate="600/minute")`."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self._callees:
            given = {str(item.arg): self._value(item.value) for item in node.keywords}
            return self._callees[node.func.id](*map(self._value, node.args), **given)
        return ast.literal_eval(node)


def _same(first: object, second: object) -> bool:
    return type(first) is type(second) and first == second
