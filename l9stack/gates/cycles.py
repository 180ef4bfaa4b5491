"""Cycles of a small directed graph, and the import graph of rendered modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set

from l9stack.gates.syntax import ParsedModule


def cycles(graph: Mapping[str, Set[str]]) -> list[tuple[str, ...]]:
    """Groups of nodes that reach each other (strongly connected, or with an edge to themselves), each sorted.

    Tarjan's algorithm without recursion, so that a long chain of imports is no problem.
    """
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    waiting: list[str] = []
    found: list[tuple[str, ...]] = []
    for root in sorted(graph):
        if root in order:
            continue
        order[root] = low[root] = len(order)
        waiting.append(root)
        path: list[tuple[str, Iterator[str]]] = [(root, iter(sorted(graph[root])))]
        while path:
            node, targets = path[-1]
            target = next(targets, None)
            if target is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == order[node]:
                    group = waiting[waiting.index(node) :]
                    del waiting[waiting.index(node) :]
                    if len(group) > 1 or node in graph.get(node, ()):
                        found.append(tuple(sorted(group)))
            elif target not in order:
                order[target] = low[target] = len(order)
                waiting.append(target)
                path.append((target, iter(sorted(graph.get(target, ())))))
            elif target in waiting:
                low[node] = min(low[node], order[target])
    return sorted(found)


def import_graph(modules: Mapping[str, ParsedModule]) -> dict[str, set[str]]:
    """Which module imports which of the others when it is loaded; imports inside functions do not count."""
    return {
        name: {target for imported, _ in imports(source) for target in _within(imported, modules) if target != name}
        for name, source in modules.items()
    }


def imports(source: ParsedModule) -> Iterator[tuple[str, int]]:
    """Dotted names that a module imports when it is loaded (`package.name` for each name of a from-import), by line."""
    if source.tree is None:
        return
    package = source.dotted if source.path.endswith("/__init__.py") else source.dotted.rpartition(".")[0]
    pending: list[ast.stmt] = list(source.tree.body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending += [child for child in ast.walk(node) if isinstance(child, ast.Import | ast.ImportFrom)]


def _base(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)


def _within(imported: str, modules: Mapping[str, ParsedModule]) -> list[str]:
    """The module that `a.b.c` means: `a.b.c` itself, or `a.b` of which `c` is a name."""
    if imported in modules:
        return [imported]
    parent = imported.rpartition(".")[0]
    return [parent] if parent in modules else []
