"""The agents' library has an API, and delivered code is held to it."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from l9stack.extraction.prepare import prepare
from l9stack.inputs import Inputs
from l9stack.project import Project
from tests.docs.agent_api import HEAD, page, public_modules, tree
from tests.golden.case import Case, small_cases, whole_collections

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "agent-api.md"
EXAMPLE = REPOSITORY / "input_schemas" / "claims_desk"
CASES = [*whole_collections(), *(case for case in small_cases() if not case.is_problem)]


def test_the_page_is_made_from_the_library(regen: bool):
    if regen:
        PAGE.write_text(page(), encoding="utf-8")
    assert page() == PAGE.read_text(encoding="utf-8")


def test_the_page_says_what_each_name_is():
    names = [line for line in page().removeprefix(HEAD).splitlines() if line.startswith("- `")]
    assert len(names) > 70
    assert [line for line in names if not re.search(r"`: \S.*\.", line)] == []


@pytest.mark.parametrize("module", public_modules())
def test_a_public_module_defines_its_api_and_nothing_else(module: str):
    api = set(importlib.import_module(module).__all__)
    defined = set(_defined(module))
    assert {name for name in defined if not name.startswith("_")} <= api
    assert all(hasattr(importlib.import_module(module), name) for name in api)


def _defined(module: str) -> Iterator[str]:
    """What a module defines itself, and does not import."""
    for node in tree(module).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_generated_code_imports_the_api(case: Case, tmp_path: Path):
    files = _files(case, tmp_path)
    found = {pair for path, text in files.items() for pair in _imports(ast.parse(text, path))}
    assert found
    assert _strange(found) == set()


def _files(case: Case, project: Path) -> dict[str, str]:
    """The Python that is generated of a golden case, and that its collection brings."""
    rendered = prepare(Inputs.read(Project(project), case.source)).tree
    files = {item.path: item.text for item in rendered.artifacts if item.path.endswith(".py")}
    own = EXAMPLE.rglob("*.py") if case.source == EXAMPLE else ()
    return files | {str(path): path.read_text(encoding="utf-8") for path in own}


def test_what_rendering_may_import_is_the_api():
    """Also what no golden case has."""
    found: set[tuple[str, str]] = set()
    for path in sorted((REPOSITORY / "l9stack" / "rendering").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found |= _printed(node)
    assert {"l9stack.agent", "l9stack.agent.knowledge", "l9stack.agent.testing"} <= {module for module, _ in found}
    assert _strange(found) == set()


def _printed(node: ast.AST) -> set[tuple[str, str]]:
    """Imports that a call of `Imports`, or a table of names by module, has printed."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        if node.func.attr == "agent":
            return {("l9stack.agent", str(name)) for name in texts}
        if node.func.attr == "add" and texts and str(texts[0]).startswith("l9stack."):
            return {(str(texts[0]), str(name)) for name in texts[1:]}
    if isinstance(node, ast.Dict):
        return {
            (key.value, str(name.value))
            for key, names in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and str(key.value).startswith("l9stack.") and isinstance(names, ast.Tuple)
            for name in names.elts
            if isinstance(name, ast.Constant)
        }
    return set()


@pytest.mark.parametrize("folder", ["implementations", "modules", "tests"])
def test_what_templates_import_is_the_api(folder: str):
    statement = re.compile(r"^from (l9stack[\w.]*) import (\w+(?:, \w+)*)$", re.MULTILINE)
    texts = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "templates" / folder).rglob("*.j2")]
    found = {
        (module, name) for text in texts for module, names in statement.findall(text) for name in names.split(", ")
    }
    written = {module for text in texts for module in re.findall(r"^from (l9stack[\w.]*)", text, re.MULTILINE)}
    assert written == {module for module, _ in found}, "a statement of another form"
    assert _strange(found) == set()


def _imports(source: ast.Module) -> set[tuple[str, str]]:
    """What a module imports of l9stack: module and name; a whole module has no name."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(source):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "l9stack":
            found |= {(str(node.module), name.name) for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {(name.name, "") for name in node.names if name.name.split(".")[0] == "l9stack"}
    return found


def _strange(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Imports that are not of the API."""
    api = {module: set(importlib.import_module(module).__all__) for module in public_modules()}
    return {(module, name) for module, name in found if name not in api.get(module, set())}
