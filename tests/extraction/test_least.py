"""A schema that says little is proven as one that says much: no gate asks for more than a family has at its least."""

from __future__ import annotations

from pathlib import Path

from l9stack.extraction.extract import extract
from l9stack.extraction.prepare import plan_of
from l9stack.inputs import Inputs
from l9stack.planning.catalogue import CATALOGUE
from l9stack.project import Project

LEAST = Path(__file__).parent / "least"


def test_the_least_of_every_family_holds_every_gate(tmp_path: Path):
    inputs = Inputs.read(Project(tmp_path), LEAST)
    _, plan = plan_of(inputs)
    assert {module.family for agent in plan.agents for module in agent.modules} == {family.name for family in CATALOGUE}
    assert extract(inputs, tmp_path / "out", print).tree_digest
