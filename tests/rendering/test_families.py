"""A family is one row of the catalogue and all that belongs to it: none of it is missing, and nothing is left over."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from l9stack.extraction.prepare import plan_of
from l9stack.inputs import Inputs
from l9stack.planning.catalogue import CATALOGUE, MODELS, OPERATIONS, ROWS
from l9stack.planning.family import Family
from l9stack.project import Project
from l9stack.rendering.code.modules import viewed_module
from l9stack.rendering.families import FAMILIES
from l9stack.rendering.families_page import families_page

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
PAGE = ROOT / "docs" / "families.md"
OTHER_FORMS = {"controller_parts"}
"""Templates of modules that print a family in another form than its own."""
FALLBACKS = (OPERATIONS, MODELS)
"""Rows that no file name leads to."""
USES = re.compile(r'module_of\("(\w+)"\)|home_of\(agent, "(\w+)"\)|\.family (?:==|!=) "(\w+)"')


def names(folder: str) -> set[str]:
    """What the templates of a folder are called, less the parts that others take in."""
    paths = (TEMPLATES / folder).glob("*.py.j2")
    return {path.name.removesuffix(".py.j2") for path in paths if not path.name.startswith("_")}


def test_each_row_says_how_it_is_printed_and_nothing_else_does():
    assert list(FAMILIES) == [family.name for family in CATALOGUE]
    assert len(ROWS) == len(CATALOGUE)


def test_each_family_has_its_template_and_no_template_is_nobodys():
    assert names("modules") == set(ROWS) | OTHER_FORMS


@pytest.mark.parametrize("name", ROWS)
def test_each_family_has_a_golden_case_with_such_a_module(name: str):
    _, plan = plan_of(Inputs.read(Project(ROOT), ROOT / "tests" / "golden" / "cases" / f"family_{name}"))
    assert name in {module.family for agent in plan.agents for module in agent.modules}


@pytest.mark.parametrize("family", CATALOGUE, ids=lambda family: family.name)
def test_a_row_says_all_that_people_are_told_of_it(family: Family):
    assert family.holds
    reached = family.stems or family.folders or family.patterns
    assert bool(reached) != (family in FALLBACKS)
    assert bool(family.subject) == bool(family.patterns)
    default = Family.__dataclass_fields__["condition"].default
    assert bool(family.needs) == (family.condition is not default or family.subject is not None)
    code = FAMILIES[family.name].code
    viewed = isinstance(code, partial) and code.func is viewed_module
    assert bool(family.title) == viewed


def test_a_file_name_leads_to_one_family():
    stems = [stem.replace("_", "") for family in CATALOGUE for stem in family.stems]
    assert len(stems) == len(set(stems))


def test_families_that_code_names_are_rows():
    found = [
        (path.name, next(filter(None, match)))
        for path in (ROOT / "l9stack").rglob("*.py")
        for match in USES.findall(path.read_text(encoding="utf-8"))
    ]
    assert len(found) > 10
    assert [(file, name) for file, name in found if name not in ROWS] == []


def test_what_a_module_declares_is_in_its_template():
    for family in CATALOGUE:
        if family.declares:
            text = (TEMPLATES / family.template).read_text(encoding="utf-8")
            assert re.search(rf"^{family.declares}\b", text, re.MULTILINE), family.name


def test_the_page_is_made_from_the_catalogue(regen: bool):
    if regen:
        PAGE.write_text(families_page(), encoding="utf-8")
    assert families_page() == PAGE.read_text(encoding="utf-8")


def test_the_architecture_page_says_what_a_family_is_made_of():
    told = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Add a family")[2]
    for path in re.findall(r"`((?:l9stack|templates|tests|docs)/[^`]*)`", told.partition("\n## ")[0]):
        assert (ROOT / path.replace("NAME", "cache")).exists(), path
    assert told.count("NAME.py.j2") >= 2
