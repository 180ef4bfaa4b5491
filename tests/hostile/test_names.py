"""Names that become paths, modules or links: refused with a place, and nothing is written or read elsewhere.

GHSA-4vv7-jj25-4gh6, GHSA-hq9q-27g5-qwpj, CVE-2024-35219, CVE-2022-24065: a name became a path or a command.
CVE-2025-55201, CVE-2026-23968, CVE-2026-23986, CVE-2026-53951, GHSA-85v3-4m8g-hrh6: a link or a path led out of its
folder. CVE-2026-61437: a file beside the specification was imported.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from l9stack.errors import InputError
from l9stack.extraction.prepare import plan_of, prepare
from l9stack.inputs import Inputs
from l9stack.names import identifier, is_document_name, is_field_name, is_folder_path, module_path, operation_name
from l9stack.project import Project
from tests.hostile.leaves import quoted
from tests.hostile.payloads import PAYLOADS
from tests.hostile.product import DESK, META

ROOT = Path(__file__).parents[2]
OUTSIDE = ["../x", "/x", "~/x", "x/../../y", "x\\y", "C:/x", "x\0y", "-x", "x /y", "x./y", "./x", "x//y", "", ".", ".."]
DEVICES = ["CON", "nul", "Com1", "x/aux", "lpt9"]
FOLDERS = [*OUTSIDE, *DEVICES, "class", "x/None", "x-y", "é", "e\u0301", "\u212a", "\uff41", "x" * 64, "x\n", "x\u202e"]


@pytest.fixture
def project(tmp_path):
    """A project with the collection of every kind of field."""
    shutil.copytree(DESK, tmp_path / "desk")
    (tmp_path / ".l9").mkdir()
    return Project(tmp_path)


def problems(project: Project, file: str = "agents.yaml", **changes: str) -> list[tuple[str, str]]:
    """Codes and files of what is wrong with the collection after textual changes; nothing of the project changed."""
    path = project.root / "desk" / file
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert text.count(CHANGED[old]) == 1, old
        text = text.replace(CHANGED[old], new)
    path.write_text(text, encoding="utf-8")
    before = sorted(item for item in project.root.rglob("*"))
    try:
        prepare(Inputs.read(project, project.root / "desk", str(META)))
    except InputError as error:
        found = [problem for problem in error.problems if problem.level == "error"]
        assert all(problem.place and problem.place.line for problem in found)
        return [(problem.code, problem.place.file) for problem in found if problem.place]
    finally:
        assert sorted(item for item in project.root.rglob("*")) == before
    return []


CHANGED = {
    "root": "rootpath: L9/agents/desk",
    "module": "    - ledger.py",
    "document": "    - REPAIR_GUIDE.md",
    "implementation": "implementation: desk_rules.score:score",
    "template": "template: rules.py",
}


@pytest.mark.parametrize("name", FOLDERS, ids=ascii)
def test_no_path_leaves_its_folder_or_cannot_be_imported(name):
    assert not is_folder_path(name)
    assert module_path(f"{name}.py") is None
    assert name in ("class", "x/None", "x-y", "x" * 64) or not is_document_name(f"{name}.md")


@pytest.mark.parametrize("name", ["../x", "/x", "~", "CON", "asyncio", "typing/x", "l9stack/agent", "pydantic"])
def test_a_root_path_hides_nothing_and_stays_inside(project, name):
    assert ("bad-rootpath", "agents.yaml") in problems(project, root=f"rootpath: {quoted(name)}")


@pytest.mark.parametrize("name", ["../x.py", "/etc/x.py", "~/x.py", "con.py", "-x.py", "x.py ", "x .py", "a/../x.py"])
def test_a_module_stays_below_its_root_path(project, name):
    found = problems(project, module=f"    - {quoted(name)}")
    assert name == "x.py " or ("bad-file", "agents.yaml") in found


@pytest.mark.parametrize("name", ["../x.md", "/x.md", "CON.md", "-x.md", "a/../x.md", "x.md\n# x", "x./y.md", "~.md"])
def test_a_document_stays_in_its_folder(project, name):
    assert ("bad-document", "agents.yaml") in problems(project, document=f"    - {quoted(name)}")


@pytest.mark.parametrize(
    "target", ["../score:score", "os.path:join", "..score:score", "desk_rules/score:score", "desk_rules.score:__doc__",
               "subprocess:run", "desk_rules.score:score; import os", "/tmp/x:y", "l9stack.cli.main:run"],
)  # fmt: skip
def test_an_implementation_is_a_function_of_the_users_own_folder(project, target):
    assert problems(project, "glue.yaml", implementation=f"implementation: {quoted(target)}")


def test_an_implementation_is_not_reached_over_a_link(project, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "score.py"
    elsewhere.write_text("def score(request):\n    return {}\n")
    own = project.root / "desk" / "implementations" / "desk_rules" / "score.py"
    own.unlink()
    own.symlink_to(elsewhere)
    assert problems(project)


def test_a_schema_is_not_read_over_a_link(project, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.yaml"
    secret.write_text("system: hush\n")
    (project.root / "desk" / "more.yaml").symlink_to(secret)
    assert [code for code, _ in problems(project)] == ["link-outside"]


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "../meta/meta.codegen.schema.yaml", "{{ x }}"])
def test_a_template_of_the_glue_is_a_word_and_no_file(project, name):
    """CVE-2024-56326, CVE-2025-27516, GHSA-gmj6-6f8f-6699: nothing of a schema is ever a template, or loads one."""
    secret = "root:x:0"
    path = project.root / "desk" / "glue.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("template: rules.py", f"template: {quoted(name)}"))
    try:
        tree = prepare(Inputs.read(project, project.root / "desk", str(META))).tree
    except InputError:
        return
    assert not [item.path for item in tree.artifacts if secret in item.text or "shared_configuration" in item.text]


def test_reading_and_planning_import_nothing_of_the_collection(project):
    """CVE-2026-61437: whoever validates a collection does not run it."""
    file = project.root / "desk" / "implementations" / "desk_rules" / "score.py"
    file.write_text("raise SystemExit('imported')\n\n\ndef score(request):\n    return {}\n")
    for name in ("sitecustomize.py", "conftest.py", "yaml.py", "l9stack.py"):
        (project.root / "desk" / name).write_text("raise SystemExit('imported')\n")
    plan_of(Inputs.read(project, project.root / "desk", str(META)))
    assert not any(name.startswith("desk_rules") for name in sys.modules)


def test_twins_of_one_name_are_one_agent_or_none():
    """What looks alike folds to one identifier, or to none: never to a file of its own."""
    for text in ("e\u0301", "\u00e9", "\u212a", "K", "\ufb01", "fi", *PAYLOADS.values()):
        name = identifier(text)
        assert name is None or (name.isascii() and name.isidentifier() and name == name.lower())


@pytest.mark.parametrize("name", ["bool", "dict", "float", "int", "list", "str"])
def test_no_name_is_taken_for_a_type_or_the_decorator(project, name):
    """An operation `list` once broke every annotation below it."""
    assert operation_name(name) == f"{name}_" and operation_name("operation") == "operation_"
    assert not is_field_name(name)
    path = project.root / "desk" / "glue.yaml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("desk.judge:", f"desk.{name}:"), encoding="utf-8")
    assert [code for code, _ in problems(project)] == ["bad-operation"]
    path.write_text(whole.replace("      tags: {type: strings", f"      {name}: {{type: strings"), encoding="utf-8")
    assert [code for code, _ in problems(project)] == ["bad-field"]


def test_indexed_fields_may_be_called_as_the_parameters_of_their_finders(project):
    path = project.root / "desk" / "agents.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("indexby: [ticket]", "indexby: [limit, context, str, class]"), encoding="utf-8")
    tree = prepare(Inputs.read(project, project.root / "desk", str(META))).tree
    [bridge] = [item.text for item in tree.artifacts if item.path == "code/L9/agents/desk/memory_bridge.py"]
    compile(bridge, "memory_bridge.py", "exec")
    assert "find_by_limit(context: OperationContext, limit_:" in bridge
