"""A collection's own templates: in place of ours, or named by glue; in a sandbox, and told by file and line."""

from pathlib import Path

import pytest

from l9stack.errors import InputError
from l9stack.extraction.prepare import prepare
from l9stack.inputs import Inputs
from l9stack.project import Project

AGENT = """system: Desk
module: desk
name: Desk
role: Keeps a book.
rootpath: L9/agents/desk
governance: {anchors: [Lead]}
cursorinstructions: {generatefiles: [config.py, ledger.py], generatedocs: [README.md]}
deployment: {endpoints: [POST /desk/ledger]}
"""
GLUE = "schema_to_code: {book: {target: ledger.py, template: ledger.py.j2}}\n"
OPERATIONS = """{% import "modules/_operations.j2" as print %}
{{ title | docstring }}

from __future__ import annotations

{{ imports.lines() }}

BOOK = {{ "ours" | python }}
{{ print.operations(operations) }}
"""


@pytest.fixture
def desk(tmp_path: Path):
    folder = tmp_path / "desk"
    (folder / "templates" / "modules").mkdir(parents=True)
    (folder / "agents.yaml").write_text(AGENT)

    def write(**files: str):
        for name, text in files.items():
            path = folder / name.replace("__", "/").replace("_py_j2", ".py.j2").replace("_yaml", ".yaml")
            path.write_text(text)
        return folder

    return write


def rendered(folder: Path) -> dict[str, str]:
    return {a.path: a.text for a in prepare(Inputs.read(Project(folder.parent), folder)).tree.artifacts}


def notes(folder: Path) -> dict[str, str]:
    found = prepare(Inputs.read(Project(folder.parent), folder)).plan.notes
    return {note.code: str(note.place) for note in found}


def test_a_template_that_glue_names_prints_that_file_alone(desk):
    before = rendered(desk(glue_yaml=GLUE))
    after = rendered(desk(templates__modules__ledger_py_j2=OPERATIONS))
    changed = {path for path in after if after[path] != before[path]}
    assert changed == {"code/L9/agents/desk/ledger.py"}
    assert 'BOOK = "ours"' in after["code/L9/agents/desk/ledger.py"]
    assert "async def ledger(" in after["code/L9/agents/desk/ledger.py"]


def test_a_template_of_our_name_takes_its_place(desk):
    folder = desk(templates__modules__config_py_j2='"""Ours."""\n\nPREFIX = {{ prefix | python }}\n')
    assert rendered(folder)["code/L9/agents/desk/config.py"] == '"""Ours."""\n\nPREFIX = "L9_DESK"\n'


def test_a_name_that_nobody_has_falls_back_to_the_family_with_a_note(desk):
    folder = desk(glue_yaml=GLUE)
    assert notes(folder)["unknown-template"] == "glue.yaml:1:24"
    assert "async def ledger(" in rendered(folder)["code/L9/agents/desk/ledger.py"]


def test_a_template_that_nothing_asks_for_is_noted(desk):
    folder = desk(templates__modules__other_py_j2="", templates__modules___part_py_j2="")
    assert notes(folder)["unused-template"] == "templates/modules/other.py.j2:1:1"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("one\n{% for %}\n", 2, "expected an expression"),
        ("one\ntwo\n{{ nobody_gave_this }}\n", 3, "nobody_gave_this"),
        ("{{ title.__class__.__mro__ }}\n", 1, "__class__"),
        ("one\n{{ ''.__class__.__base__.__subclasses__() }}", 2, "__class__"),
        ("{% set x = imports._names.update({}) %}", 1, "_names"),
        ("{{ ''|attr('__class__') }}", 1, "attr"),
        ("{{ '{0.__class__}'.format(title) }}", 1, "__class__"),
        ("{% include '../../secret' %}", 1, "secret"),
        ("{% for a in range(999999999) %}x{% endfor %}", 1, "range"),
    ],
)
def test_a_template_that_fails_or_reaches_out_is_told_by_its_line(desk, text, line, told):
    folder = desk(templates__modules__config_py_j2=text)
    with pytest.raises(InputError) as raised:
        prepare(Inputs.read(Project(folder.parent), folder))
    (problem,) = raised.value.problems
    assert (problem.code, str(problem.place)) == ("bad-template", f"templates/modules/config.py.j2:{line}:1")
    assert told in problem.message.lower() or told in problem.message


def test_what_is_no_template_is_refused_and_a_link_not_followed(desk, tmp_path):
    folder = desk()
    (tmp_path / "secret").write_text("{{ title }}")
    (folder / "templates" / "modules" / "config.py.j2").symlink_to(tmp_path / "secret")
    (folder / "templates" / "run.sh").write_text("echo")
    with pytest.raises(InputError) as raised:
        prepare(Inputs.read(Project(tmp_path), folder))
    assert [(p.code, p.place.file) for p in raised.value.problems if p.level == "error"] == [
        ("bad-template", "templates/modules/config.py.j2"),
        ("bad-template", "templates/run.sh"),
    ]


def test_a_template_is_part_of_what_an_extraction_depends_on(desk, tmp_path):
    folder = desk(templates__modules__config_py_j2="1\n")
    before = Inputs.read(Project(tmp_path), folder).digest
    desk(templates__modules__config_py_j2="2\n")
    assert Inputs.read(Project(tmp_path), folder).digest != before
