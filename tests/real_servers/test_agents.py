"""Agents on real servers: the library's own tests over TLS, generated agents beside them, and no client left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from l9stack.extraction.prepare import prepare
from l9stack.inputs import Inputs
from l9stack.output.view import write_tree
from l9stack.project import Project
from tests.real_servers.runs import REPOSITORY, Runs
from tests.real_servers.servers import RealServers

LIBRARY = REPOSITORY / "l9stack" / "agent"
EXAMPLES = [REPOSITORY / "tests" / "golden" / name for name in ("every_behaviour", "families")]
_CLIENTS = {"redis", "postgres", "hypergraph", "cypher", "execute", "scalar", "session", "scan_iter"}
_MODULES = {"obstore", "client"}
_TESTS = re.compile(r"^(?:async )?def test_", re.MULTILINE)


@pytest.fixture(scope="module")
def library(real: RealServers, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The library's own tests, over TLS with an authority of our own."""
    runs = Runs(tmp_path_factory.mktemp("library"))
    more = real.trust | real.archive_variables(tls=True)
    runs.pytest(real.encrypted, more, REPOSITORY, ["tests/agent"], [REPOSITORY])
    return runs


@pytest.fixture(scope="module")
def generated(real: RealServers, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The tests that are generated with agents of every behaviour and of every family, without TLS."""
    runs = Runs(tmp_path_factory.mktemp("reports"))
    for example in EXAMPLES:
        tree = tmp_path_factory.mktemp(example.name) / "tree"
        write_tree(prepare(Inputs.read(Project(tree.parent), example)).tree, tree)
        runs.written += sum(len(_TESTS.findall(file.read_text())) for file in (tree / "tests").rglob("test_*.py"))
        paths = [tree / "code", example / "implementations"]
        runs.pytest(real.plain, real.archive_variables(tls=False), tree, ["--import-mode=importlib", "tests"], paths)
    return runs


@pytest.fixture(scope="module")
def lines(library: Runs, generated: Runs) -> dict[str, set[int]]:
    """Which lines of the library ran, by module."""
    one, other = library.lines(), generated.lines()
    return {name: one.get(name, set()) | other.get(name, set()) for name in {*one, *other}}


def speaking(module: Path) -> Iterator[tuple[str, ast.stmt]]:
    """The functions that call a client of a server, each with the first statement of its body."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(map(_speaks, ast.walk(node))):
            documented = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
            yield node.name, node.body[1 if documented else 0]


def _speaks(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    called, whose = node.func.attr, node.func.value
    named = {whose.attr} if isinstance(whose, ast.Attribute) else set()
    return bool(({called} | named) & _CLIENTS) or (isinstance(whose, ast.Name) and whose.id in _MODULES)


MODULES = [module.relative_to(LIBRARY).as_posix() for module in sorted(LIBRARY.rglob("*.py")) if any(speaking(module))]


def test_the_librarys_own_tests_hold_over_tls(library: Runs) -> None:
    assert set(library.outcomes.values()) == {"passed"}, library.output
    assert len(library.outcomes) > 100


def test_generated_agents_hold(generated: Runs) -> None:
    assert set(generated.outcomes.values()) == {"passed"}, generated.output
    assert len(generated.outcomes) >= generated.written > 0


@pytest.mark.parametrize("module", MODULES)
def test_every_function_that_speaks_to_a_server_spoke_to_a_real_one(lines: dict[str, set[int]], module: str) -> None:
    assert [name for name, first in speaking(LIBRARY / module) if first.lineno not in lines[module]] == []


def test_the_modules_that_are_known_to_speak_are_among_them() -> None:
    known = {
        *("_messaging/events", "governance/_audit", "governance/_audit_anchors", "testing/_spaces"),
        *(f"knowledge/_{name}" for name in ("cache", "causes", "graph", "history")),
        *(f"memory/_{name}" for name in ("connections", "database", "layers", "memory", "retention", "semantic")),
    }
    assert {f"{name}.py" for name in known} <= set(MODULES)
