"""The page of the agents' library: what delivered code may import, told by the library's own source.

Signatures are printed as they are written there, so that every version of Python gives the same page.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import l9stack.agent
from l9stack.agent.testing import ServedAgent

FOLDER = Path(l9stack.agent.__file__).parent
HEAD = """# What delivered code may import

Generated modules, their tests and a collection's own implementations import these names of the agents' library, and
no others. A module or a package whose name begins with `_` is the library's own: it may change with every version.
What is here stays importable; where a name has moved, its earlier path still leads to it. This page is made from the
source by `make regen`.
"""


def public_modules() -> list[str]:
    """The modules of the library with no underscore in their path, the library itself first."""
    parts = [path.relative_to(FOLDER.parent).with_suffix("").parts for path in FOLDER.rglob("*.py")]
    names = {".".join(part for part in path if part != "__init__") for path in parts}
    return sorted(f"l9stack.{name}" for name in names if not re.search(r"\b_", name))


@cache
def tree(module: str) -> ast.Module:
    """The source of a module."""
    return ast.parse(inspect.getsource(importlib.import_module(module)))


def earlier_names() -> dict[str, str]:
    """Import paths of earlier versions, and where each leads."""
    found = {}
    for path in sorted((FOLDER / "_moved").glob("[!_]*.py")):
        for node in ast.parse(path.read_text()).body:
            # What is public has its new home there; a command has none.
            if isinstance(node, ast.ImportFrom) and node.module in public_modules():
                for name in node.names:
                    found[f"l9stack.agent.{path.stem}.{name.asname or name.name}"] = f"{node.module}.{name.name}"
    return found


def earlier_methods() -> dict[str, str]:
    """Methods of the agent under test by the names that tests of earlier versions have for them."""
    pairs: dict[str, str] = {}
    for node in _definition(ServedAgent).body:
        if isinstance(node, ast.Assign):
            old, new = (ast.unparse(part).strip("()").split(", ") for part in (node.targets[0], node.value))
            pairs |= {f"ServedAgent.{a}": f"ServedAgent.{b}" for a, b in zip(old, new, strict=True)}
    return pairs


def page() -> str:
    """The page as it stands in `docs/`."""
    commands = [FOLDER / "__main__.py", FOLDER / "preflight" / "__main__.py"]
    parts = [HEAD, "\n## Commands\n"]
    parts += [f"\n{ast.get_docstring(ast.parse(path.read_text()))}\n" for path in commands]
    for module in public_modules():
        parts += list(_module(module))
    parts.append("\n## Earlier names\n\n| earlier | now |\n|---|---|\n")
    parts += [f"| `{old}` | `{new}` |\n" for old, new in sorted({**earlier_names(), **earlier_methods()}.items())]
    return "".join(parts)


def _module(name: str) -> Iterator[str]:
    module = importlib.import_module(name)
    if not module.__all__:
        return
    yield f"\n## `{name}`\n\n{_first(tree(name))}\n\n"
    homes: dict[str, list[str]] = {}
    entries = []
    for public in sorted(module.__all__, key=str.lower):
        home = _other_home(name, public, getattr(module, public))
        if home:
            homes.setdefault(home, []).append(public)
        else:
            entries.append(_entry(name, public, getattr(module, public)))
    yield "".join(entries)
    for home, names in sorted(homes.items()):
        yield f"- of `{home}`, described there: {', '.join(f'`{public}`' for public in names)}\n"


def _other_home(module: str, name: str, value: Any) -> str:
    """The public module below that describes the name, where this one only passes it on."""
    below = [other for other in public_modules() if other.startswith(f"{module}.")]
    for other in below:
        found = importlib.import_module(other)
        if name in found.__all__ and getattr(found, name) is value:
            return other
    return ""


def _entry(module: str, name: str, value: Any) -> str:
    if inspect.ismodule(value):
        return _line(0, f"module {name}", _first(tree(value.__name__)))
    value = getattr(value, "__wrapped__", value)  # a pytest fixture stands for its function
    if inspect.isclass(value) or inspect.isfunction(value):
        node = _definition(value)
        return _class(node) if isinstance(node, ast.ClassDef) else _line(0, _signature(node, name), _first(node))
    body = tree(_origin(module, name)).body
    return next(_line(0, text, doc) for found, text, doc in _assigned(body) if found == name)


def _origin(module: str, name: str) -> str:
    """The module in which a variable is set that `module` has: itself, or the one that it imports the variable from."""
    for node in tree(module).body:
        if isinstance(node, ast.ImportFrom) and node.module and name in {each.name for each in node.names}:
            return node.module
    return module


def _definition(value: Any) -> ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef:
    """Where a class or a function is defined."""
    for node in tree(value.__module__).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name == value.__name__:
            return node
    raise LookupError(value)


def _class(node: ast.ClassDef) -> str:
    """A class: how it is made, its fields and attributes, its methods."""
    made = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    of = ", ".join(ast.unparse(base) for base in node.bases)
    title = f"class {node.name}({of})" if of else f"class {node.name}"
    if of == "Exception":  # delivered code raises them; other classes with a constructor are made by a function
        title = f"exception {node.name}({_arguments(made)})" if made else f"exception {node.name}"
    lines = [_line(0, title, _first(node))]
    lines += [_line(1, text, doc) for _, text, doc in _assigned(node.body)]
    lines += [_line(1, text, doc) for _, text, doc in _attributes(made)]
    for method in node.body:
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and not method.name.startswith("_"):
            lines.append(_line(1, _signature(method, method.name), _first(method)))
    return "".join(lines)


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, str, str]]:
    """Public variables that statements set: name, text, and the string below."""
    for node, after in pairwise([*body, ast.Pass()]):
        target = _target(node)
        if isinstance(target, ast.Name) and not target.id.startswith("_") and target.id != "model_config":
            kind = f": {ast.unparse(node.annotation)}" if isinstance(node, ast.AnnAssign) else ""
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            yield target.id, f"{target.id}{kind}{_default(node.value)}", _text(after)


def _attributes(made: ast.FunctionDef | None) -> Iterator[tuple[str, str, str]]:
    """Public attributes that a constructor sets; one that is not annotated has the type of its argument, if any."""
    given = {arg.arg: arg.annotation for arg in [*made.args.args, *made.args.kwonlyargs]} if made else {}
    for node, after in pairwise([*(made.body if made else []), ast.Pass()]):
        target = _target(node)
        if isinstance(target, ast.Attribute) and not target.attr.startswith("_"):
            assert isinstance(node, ast.Assign | ast.AnnAssign) and node.value
            kind = node.annotation if isinstance(node, ast.AnnAssign) else given.get(ast.unparse(node.value))
            yield target.attr, f"{target.attr}: {ast.unparse(kind)}" if kind else target.attr, _text(after)


def _target(node: ast.stmt) -> ast.expr | None:
    """What a statement sets, where that is one thing."""
    if isinstance(node, ast.AnnAssign):
        return node.target
    return node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None


def _default(value: ast.expr | None) -> str:
    """A value as it is set: of a dataclass's `field(...)` what it begins with."""
    if value is None:
        return ""
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "field":
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in value.keywords}
        if "default" in given:
            return f" = {given['default']}"
        return f" = {given['default_factory']}()" if "default_factory" in given else ""
    return f" = {ast.unparse(value)}"


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> str:
    marks = {ast.unparse(mark) for mark in node.decorator_list}
    gives = ast.unparse(node.returns) if node.returns else "None"
    if "property" in marks:
        return f"{name}: {gives}"
    before = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    if marks & {"contextlib.contextmanager", "contextlib.asynccontextmanager"}:
        before, gives = f"{before}with ", gives.partition("[")[2].removesuffix("]")
    return f"{before}{'classmethod ' if 'classmethod' in marks else ''}{name}({_arguments(node)}) -> {gives}"


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The arguments as a caller gives them, spaced as they are written."""
    args = node.args
    defaults: list[ast.expr | None] = [None] * (len(args.args) - len(args.defaults))
    found = [_argument(arg, default) for arg, default in zip(args.args, [*defaults, *args.defaults], strict=True)]
    if found and args.args[0].arg in ("self", "cls"):
        del found[0]
    found += [f"*{ast.unparse(args.vararg)}"] if args.vararg else ["*"] if args.kwonlyargs else []
    found += [_argument(arg, default) for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    assert not args.posonlyargs, "print these as well"
    return ", ".join([*found, *([f"**{ast.unparse(args.kwarg)}"] if args.kwarg else [])])


def _argument(arg: ast.arg, default: ast.expr | None) -> str:
    return ast.unparse(arg) + (f" = {ast.unparse(default)}" if default else "")


def _first(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())


def _text(node: ast.stmt) -> str:
    """A string that stands as a statement of its own, on one line."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return " ".join(node.value.value.split())
    return ""


def _line(depth: int, text: str, doc: str) -> str:
    return f"{'  ' * depth}- `{text}`{f': {doc}' if doc else ''}\n"
