"""Operations and their models as the code defines them, read from syntax trees."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from l9stack.errors import Place
from l9stack.gates.syntax import ParsedModule, ParsedTree
from l9stack.model.plan import AgentPlan

RECORD, PAYLOAD = "Record", "Payload"


@dataclass(frozen=True, slots=True)
class CodeOperation:
    """A decorated function. `request` and `response` are the names of its models, empty where it has none."""

    name: str
    source: ParsedModule
    node: ast.AsyncFunctionDef | ast.FunctionDef
    request: str
    response: str
    arguments: dict[str, ast.expr]
    """Keyword arguments of the decorator."""

    @property
    def place(self) -> Place:
        """Where it is defined."""
        return self.source.place(self.node.lineno)

    @property
    def target(self) -> str:
        """`package.module:function`."""
        return f"{self.source.dotted}:{self.node.name}"


def find_operations(scene: ParsedTree, agent: AgentPlan) -> dict[str, CodeOperation]:
    """The agent's functions under `@operation`, by name."""
    found: dict[str, CodeOperation] = {}
    for source in scene.code(agent.id):
        for node in source.tree.body if source.tree else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                arguments = _decoration(node)
                if arguments is not None:
                    first = node.args.args[0].annotation if node.args.args else None
                    found[node.name] = CodeOperation(
                        node.name, source, node, _name(first), _name(node.returns), arguments
                    )
    return found


def _decoration(node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr] | None:
    for decorator in node.decorator_list:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        if _name(call) == "operation":
            keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
            return {keyword.arg: keyword.value for keyword in keywords if keyword.arg}
    return None


def _name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.rpartition(".")[2]
    return ast.unparse(node).rpartition(".")[2] if isinstance(node, ast.Name | ast.Attribute) else ""


def record_fields(scene: ParsedTree, source: ParsedModule, model: str) -> dict[str, ast.AnnAssign] | None:
    """The annotated fields of a Record that `source` defines or imports from the tree; None where it is none."""
    found = _class(scene, source, model)
    if found is None:
        return None
    node, home = found
    fields: dict[str, ast.AnnAssign] = {}
    bases = [_name(base) for base in node.bases]
    if RECORD not in bases and PAYLOAD not in bases:
        inherited = [record_fields(scene, home, base) for base in bases if base and base != model]
        known = [each for each in inherited if each is not None]
        if not known:
            return None
        for each in known:
            fields |= each
    fields |= {
        item.target.id: item
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    }
    return fields


def _class(scene: ParsedTree, source: ParsedModule, name: str) -> tuple[ast.ClassDef, ParsedModule] | None:
    for node in source.tree.body if source.tree else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node, source
        if isinstance(node, ast.ImportFrom) and node.module in scene.modules:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _class(scene, scene.modules[node.module], alias.name)
    return None
