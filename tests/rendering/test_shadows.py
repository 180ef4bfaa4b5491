"""Names that users write become names in generated modules, and none of these hides what the module imports."""

from __future__ import annotations

import ast
import shutil
from collections import Counter
from pathlib import Path

import pytest

from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.inputs import Inputs
from l9stack.project import Project

FAMILIES = Path(__file__).resolve().parents[1] / "golden" / "families"
RENAMED = {
    "operation": [
        ("dispatch.assign", "dispatch.answer"),
        ("dispatch/assign", "dispatch/answer"),
        ("[assign]", "[answer]"),
    ],
    "node": [("node_type: depot", "node_type: node")],
    "edge": [("edge_type: stationed_at", "edge_type: edge")],
}
"""Words of the collection of every family, each with one that makes a name of the library."""


def collection(folder: Path, changes: list[tuple[str, str]]) -> PreparedCollection:
    shutil.copytree(FAMILIES, folder, ignore=shutil.ignore_patterns("expected", "*.txt"))
    for path in (folder / "agents.yaml", folder / "glue.yaml"):
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    return prepare(Inputs.read(Project(folder.parent), folder))


def twice(text: str) -> set[str]:
    """What the top of a module binds more than once."""
    bound: Counter[str] = Counter()
    for node in ast.parse(text).body:
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                bound.update(alias.asname or alias.name for alias in names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound[name] += 1
            case ast.Assign(targets=targets):
                bound.update(target.id for target in targets if isinstance(target, ast.Name))
    return {name for name, times in bound.items() if times > 1}


@pytest.mark.parametrize("bridge", [False, True], ids=["modules of their own", "in the bridge"])
@pytest.mark.parametrize("case", RENAMED)
def test_no_name_is_bound_twice(tmp_path: Path, case: str, bridge: bool):
    # Without a module of their own, the functions of the graph are in the memory bridge.
    changes = [*RENAMED[case], *([("    - semantic_updater.py\n", "")] if bridge else [])]
    tree = collection(tmp_path / "families", changes).tree
    modules = {artifact.path: artifact.text for artifact in tree.artifacts if artifact.path.endswith(".py")}
    assert len(modules) > 30
    assert {path: names for path, text in modules.items() if (names := twice(text))} == {}


def test_what_is_hidden_has_another_name_and_is_called_by_it(tmp_path: Path):
    tree = collection(tmp_path / "families", RENAMED["operation"]).tree
    (cache,) = (artifact.text for artifact in tree.artifacts if artifact.path.endswith("dispatch/cache_manager.py"))
    assert "import keep_answer as library_keep_answer\n" in cache
    assert "async def keep_answer(" in cache and "await library_keep_answer(" in cache
