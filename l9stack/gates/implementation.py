"""Phase 2: everything is there, and nothing in it is a stand-in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from l9stack.errors import Place
from l9stack.gates.registry import GateMeasurement, agent_gate, collection_gate, first_few, percent
from l9stack.gates.syntax import DOCS, TESTS, ParsedModule, ParsedTree, expected_files, functions
from l9stack.model.plan import AgentPlan

# Spelled in two halves so that this very file passes the search that it is for.
_OPEN_ENDS = re.compile("TO" + "DO|FIX" + "ME|XX" + "X|NotImplemented" + "Error")
_STAND_IN_ALLOWED = frozenset({"overload", "abstractmethod"})


@agent_gate("files_complete")
def files_complete(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """1 when all generatefiles, generatedocs, the manifest and at least one test file are there and hold text."""
    texts = scene.texts
    wanted = expected_files(agent)
    # An empty package marker is complete as it is.
    missing = [
        path for path in wanted if path not in texts or not (texts[path].strip() or path.endswith("/__init__.py"))
    ]
    if not any(a.path.rpartition("/")[2].startswith("test_") for a in scene.artifacts(agent.id, TESTS)):
        missing.append(f"tests/agents/{agent.id}/test_….py")
    field = wanted.get(missing[0], "") if missing else ""
    place = agent.spec.places.get(field, agent.spec.place) if missing else None
    return GateMeasurement(
        not missing, f"missing: {first_few(missing)}" if missing else f"{len(wanted)} files and tests", place
    )


@agent_gate("syntax")
def syntax(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """How many files do not compile."""
    broken = [source for source in scene.python(agent.id) if source.tree is None]
    place = broken[0].place(broken[0].line) if broken else None
    return GateMeasurement(
        len(broken), first_few(f"{source.path}:{source.line}: {source.error}" for source in broken), place
    )


@agent_gate("no_placeholders")
def no_placeholders(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """How many open ends are marked in code, tests and docs."""
    found = [
        Place(artifact.path, number)
        for artifact in scene.artifacts(agent.id)
        if artifact.path.endswith(".py") or artifact.path.startswith(DOCS)
        for number, line in enumerate(artifact.text.splitlines(), start=1)
        if _OPEN_ENDS.search(line)
    ]
    return GateMeasurement(
        len(found), first_few(f"{place.file}:{place.line}" for place in found), found[0] if found else None
    )


@agent_gate("no_stub_bodies")
def no_stub_bodies(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """How many functions of code, tests and the user's own do nothing: only a docstring, `pass` or `...`."""
    found = [place for source in scene.python(agent.id) for place in _stubs(source)]
    found += [operation.unfinished for operation in agent.operations if operation.unfinished]
    return GateMeasurement(
        len(found), first_few(f"{place.file}:{place.line}" for place in found), found[0] if found else None
    )


def _stubs(source: ParsedModule) -> Iterator[Place]:
    for node in ast.walk(source.tree) if source.tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and all(map(_is_empty, node.body)):
            names = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
            if not names & _STAND_IN_ALLOWED:
                yield source.place(node.lineno)


def _is_empty(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@agent_gate("docstrings")
def docstrings(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """Percent of modules, public classes and public functions of code and tests that have a docstring."""
    total, bare = 0, []
    for source in scene.python(agent.id):
        for node in _documented(source):
            total += 1
            if not (ast.get_docstring(node) or "").strip():
                bare.append(source.place(getattr(node, "lineno", 1)))
    detail = first_few(f"{place.file}:{place.line}" for place in bare) or f"{total} of {total}"
    return GateMeasurement(percent(total - len(bare), total), detail, bare[0] if bare else None)


_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _documented(source: ParsedModule) -> Iterator[_Documented]:
    # A package marker without a line, and tests (whose names are their sentences), need no docstring of their own.
    if source.tree is None or not source.tree.body:
        return
    yield source.tree
    if source.path.startswith(TESTS):
        return
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node
    for function, owner in functions(source.tree):
        if not function.name.startswith("_") and not (owner and owner.name.startswith("_")):
            yield function


@agent_gate("type_hints")
def type_hints(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """Percent of parameters and results of functions, of code and tests, that have a type."""
    total, bare = 0, []
    for source in scene.python(agent.id):
        for node, owner in functions(source.tree) if source.tree else ():
            for hint in _hints(node, is_method=owner is not None):
                total += 1
                if hint is None:
                    bare.append(source.place(node.lineno))
    detail = first_few(f"{place.file}:{place.line}" for place in bare) or f"{total} of {total}"
    return GateMeasurement(percent(total - len(bare), total), detail, bare[0] if bare else None)


def _hints(node: ast.FunctionDef | ast.AsyncFunctionDef, *, is_method: bool) -> Iterator[ast.expr | None]:
    arguments = [*node.args.posonlyargs, *node.args.args]
    static = any(ast.unparse(decorator) == "staticmethod" for decorator in node.decorator_list)
    if is_method and not static:
        arguments = arguments[1:]
    arguments += node.args.kwonlyargs
    arguments += [extra for extra in (node.args.vararg, node.args.kwarg) if extra]
    yield from (argument.annotation for argument in arguments)
    yield node.returns


@agent_gate("module_length")
def module_length(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """Lines of the longest module."""
    lengths = [(source.artifact.text.count("\n"), source) for source in scene.code(agent.id)]
    if not lengths:
        return GateMeasurement(0, "no modules")
    longest, source = max(lengths, key=lambda pair: pair[0])
    return GateMeasurement(longest, source.path, source.place(longest))


@agent_gate("lint")
def lint(scene: ParsedTree, agent: AgentPlan) -> GateMeasurement:
    """How many findings ruff has in the agent's code and tests."""
    own = {artifact.path for artifact in scene.artifacts(agent.id)}
    found = [finding for finding in scene.lint if finding.place.file in own]
    return GateMeasurement(len(found), first_few(map(str, found), 3), found[0].place if found else None)


@collection_gate("shared_lint")
def shared_lint(scene: ParsedTree) -> GateMeasurement:
    """How many findings ruff has in what belongs to no single agent."""
    own = {artifact.path for artifact in scene.tree.part(None)}
    found = [finding for finding in scene.lint if finding.place.file in own]
    return GateMeasurement(len(found), first_few(map(str, found), 3), found[0].place if found else None)


@collection_gate("flags_applied")
def flags_applied(scene: ParsedTree) -> GateMeasurement:
    """1 when the unified config gives every feature flag the value that was planned."""
    path = f"{scene.plan.collection}_config.yaml"
    text = scene.texts.get(path, "")
    written = dict(re.findall(r"^\s*\"?(L9_ENABLE_[A-Z_]+)\"?:\s*\"?(true|false)\b", text, re.MULTILINE))
    wrong = [name for name, value in sorted(scene.plan.flags.items()) if written.get(name) != str(value).lower()]
    return GateMeasurement(
        not wrong, first_few(wrong) or f"{len(scene.plan.flags)} flags", Place(path) if wrong else None
    )
