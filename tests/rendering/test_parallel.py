"""Agents that several processes share out come to the same tree, and what goes wrong in one of them is told."""

from pathlib import Path

import pytest

from l9stack.errors import InputError, Place
from l9stack.extraction.prepare import plan_of
from l9stack.inputs import Inputs
from l9stack.model.collection import OwnTemplate
from l9stack.project import Project
from l9stack.rendering import parallel
from l9stack.rendering.tree import render

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def plan():
    return plan_of(Inputs.read(Project(ROOT), ROOT / "input_schemas" / "claims_desk"))[1]


@pytest.fixture
def three(monkeypatch):
    monkeypatch.setattr(parallel, "FEWEST", 1)
    monkeypatch.setattr(parallel.os, "cpu_count", lambda: 3)


def test_shares_come_to_the_tree_of_one_process(plan, monkeypatch):
    whole = render(plan)
    monkeypatch.setattr(parallel, "FEWEST", 1)
    monkeypatch.setattr(parallel.os, "cpu_count", lambda: 3)
    assert render(plan) == whole


def test_a_failure_of_another_process_is_told(plan, three, monkeypatch):
    monkeypatch.setattr(parallel.pickle, "dumps", lambda value: b"no plan")
    with pytest.raises(parallel.RenderWorkerError, match="UnpicklingError"):
        parallel.render_in_parallel(plan, lambda plan, agents: {})


def test_a_template_that_fails_in_another_process_is_the_users_mistake(plan, three):
    name = "docs/readme.md.j2"
    own = OwnTemplate(name=name, text="{{ nobody.knows }}", place=Place(f"templates/{name}", 1), shadows=True)
    with pytest.raises(InputError) as raised:
        parallel.render_in_parallel(plan.model_copy(update={"templates": (own,)}), lambda plan, agents: {})
    assert raised.value.problems[0].code == "bad-template"
