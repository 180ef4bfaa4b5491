"""The user's own implementations, read and never run: which functions there are, and whether a body is written."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping

from l9stack.errors import Place, Problem
from l9stack.inputs.names import IMPLEMENTATIONS

OwnCode = Mapping[str, bytes]
"""The user's own files, by path below `implementations`."""


def fault_of(target: str, own: OwnCode) -> Problem | None:
    """What is wrong with `package.module:function`, if anything; its place is in the user's own file, if it has one."""
    module, _, function = target.partition(":")
    file = source_of(module, own)
    if file is None:
        hint = f"write it to {IMPLEMENTATIONS}/{module.replace('.', '/')}.py beside the collection"
        return Problem("no-implementation", f"module {module} is not there", None, hint)
    shown = f"{IMPLEMENTATIONS}/{file}"
    try:
        names = functions_of(own[file]).keys()
    except SyntaxError as error:
        place = Place(shown, error.lineno or 1, error.offset or 1)
        return Problem("bad-implementation", f"{module} is no Python: {error.msg}", place)
    if function in names:
        return None
    near = difflib.get_close_matches(function, names, 1, 0.6)
    hint = f"did you mean {near[0]}?" if near else f"define it in {shown}"
    return Problem("no-implementation", f"{module} has no function {function}", None, hint)


def source_of(module: str, own: OwnCode) -> str | None:
    """The path of a module of the user's own, or None."""
    base = module.replace(".", "/")
    return next((path for path in (f"{base}.py", f"{base}/__init__.py") if path in own), None)


def functions_of(source: bytes) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions that a module defines at its top level; SyntaxError where it is no Python."""
    try:
        tree = ast.parse(source)
    except ValueError as error:  # null bytes, or an encoding that its first lines do not name
        raise SyntaxError(str(error)) from error
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def unfinished_place(target: str, own: OwnCode) -> Place | None:
    """Where the function stands when its body only says that it is still to be written."""
    module, _, function = target.partition(":")
    file = source_of(module, own)
    try:
        node = functions_of(own[file]).get(function) if file is not None else None
    except SyntaxError:
        return None
    if file is None or node is None or not all(map(_says_nothing, node.body)):
        return None
    return Place(f"{IMPLEMENTATIONS}/{file}", node.body[-1].lineno, node.body[-1].col_offset + 1)


def _says_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Raise) and node.exc is not None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(raised, ast.Name) and raised.id == NotImplementedError.__name__
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
