"""References are made from the code, and nothing that people may write, set or call is missing in them."""

from __future__ import annotations

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from l9stack.agent import OperationContext
from l9stack.cli.commands import GROUPS
from l9stack.errors import EXIT_CODES, EXIT_DRIFT, EXIT_ENGINE, Problem
from l9stack.extraction.prepare import plan_of
from l9stack.gates.registry import known_gates
from l9stack.infra.settings import StackSettings
from l9stack.inputs import Inputs
from l9stack.model.glue import ConnectionType
from l9stack.model.plan import Plan
from l9stack.planning import expressions as grammar
from l9stack.planning.known_settings import KNOWN
from l9stack.project import Project
from tests.docs.references import behaviours, commands, expressions, gates, problems, stack_settings, wirings
from tests.docs.references.decisions import decisions_page
from tests.docs.references.settings import settings_page
from tests.golden.codes import raised

DOCS = Path(__file__).resolve().parents[2] / "docs"
README = DOCS.parent / "README.md"
PAGES: dict[str, Callable[[], str]] = {
    "behaviours.md": behaviours.behaviours_page,
    "commands.md": commands.commands_page,
    "decisions/README.md": decisions_page,
    "expressions.md": expressions.expressions_page,
    "gates.md": gates.gates_page,
    "problems.md": problems.problems_page,
    "settings.md": settings_page,
    "stack-settings.md": stack_settings.stack_settings_page,
    "wirings.md": wirings.wirings_page,
}
DESK = """
system: Desk
module: desk
name: Desk
role: Takes claims in.
rootpath: L9/agents/desk
governance: {anchors: [Ada]}
memorytopology:
  episodicmemory: {storagetype: postgres, indexby: [claim]}
cursorinstructions: {generatefiles: [controller.py, desk.py], generatedocs: [README.md]}
deployment: {endpoints: [GET /desk/health]}
---
system: Cover
module: cover
name: Cover
role: Knows what is covered.
rootpath: L9/agents/cover
governance: {anchors: [Ada]}
cursorinstructions: {generatefiles: [controller.py, cover.py], generatedocs: [README.md]}
deployment: {endpoints: [GET /cover/health]}
"""
OWN = """
def assess(request):
    return {"estimate": request.amount}
"""


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_made_from_the_code(name: str, regen: bool):
    if regen:
        (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
    assert PAGES[name]() == page(name)


def planned(folder: Path, glue: str) -> tuple[tuple[Problem, ...], Plan]:
    """What is noted and planned of the two agents above with some glue."""
    root = folder / "shop"
    (root / "implementations" / "shop").mkdir(parents=True)
    (root / "agents.yaml").write_text(DESK, encoding="utf-8")
    (root / "glue.yaml").write_text(glue, encoding="utf-8")
    (root / "implementations" / "shop" / "__init__.py").write_text("", encoding="utf-8")
    (root / "implementations" / "shop" / "assess.py").write_text(OWN, encoding="utf-8")
    collection, plan = plan_of(Inputs.read(Project(folder), root))
    return collection.notes, plan


def test_every_command_and_option_is_in_the_reference():
    text = page("commands.md")
    for name, command in commands.commands():
        part = text.partition(f"\n### `l9 {name}`\n")[2].partition("\n### ")[0]
        assert part, name
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert all(option in part for option in parameter.opts), (name, parameter.opts)
                assert parameter.help, (name, parameter.opts)
            elif isinstance(parameter, click.Argument):
                assert parameter.make_metavar(click.Context(command)) in part, (name, parameter.name)


def test_codes_of_commands_are_possible_ones():
    rows = {row.name: row for group in GROUPS.values() for row in group}
    assert set(commands.ENDS) <= set(rows)
    for name, command in commands.commands():
        possible, ends = commands.possible_codes(rows[name], command), set(commands.ENDS.get(name, ()))
        assert ends <= possible, name
        assert (EXIT_DRIFT in ends) == (EXIT_DRIFT in possible), name
        assert name in commands.ENDS or EXIT_ENGINE not in possible, f"say in ENDS which codes {name} ends with"


def test_every_exit_code_is_in_the_reference_and_in_the_readme():
    assert commands.stated_codes() == set(EXIT_CODES)
    text, readme = page("commands.md"), " ".join(README.read_text(encoding="utf-8").replace("`", "").split())
    for number, meaning in EXIT_CODES.items():
        assert f"| {number} | {meaning} |" in text
        assert f"{number} {meaning}" in readme, f"the README says otherwise of {number}"


def test_every_behaviour_is_in_the_reference_and_its_example_is_planned(tmp_path: Path):
    kinds = [kind for kind, _ in behaviours.models()]
    entries = "\n".join(textwrap.indent(behaviours.example(kind), "  ") for kind in kinds)
    _, plan = planned(tmp_path, f"operations:\n{entries}\n")
    operations = {f"{agent.id}.{one.name}": one.behaviour.kind for agent in plan.agents for one in agent.operations}
    text = page("behaviours.md")
    for kind in kinds:
        assert f"\n## `{kind}`\n" in text
        name = behaviours.example(kind).partition(":")[0]
        assert operations[name] == kind


@pytest.mark.parametrize("kind", ConnectionType)
def test_every_connection_type_is_in_the_reference_and_its_example_is_planned(kind: ConnectionType, tmp_path: Path):
    assert f"\n## `{kind}`\n" in page("wirings.md")
    _, plan = planned(tmp_path, f"wirings:\n{textwrap.indent(wirings.example(kind), '  ')}\n")
    (edge,) = [edge for edge in plan.edges if edge.kind.value == kind.value]
    observed = kind is ConnectionType.EVENT_OBSERVE
    target = plan.agent(edge.target)  # type: ignore[arg-type]
    (name,) = edge.names
    assert {f"on_{name}" if observed else name} <= {operation.name for operation in target.operations}


def test_the_whole_grammar_is_in_the_reference():
    allowed = {*grammar._BINARY_OPERATORS, *grammar._UNARY_OPERATORS, *grammar._COMPARISONS}
    assert allowed <= expressions.operators()
    text = page("expressions.md")
    assert all(f"| `{name}` |" in text for name in grammar._ARGUMENTS)
    assert all(f"`{word}`" in text for word in grammar._WORDS)


def test_every_setting_is_in_a_reference():
    text = page("settings.md")
    assert all(text.count(f"\n| `{name}` |") == 2 and kind.about for name, kind in KNOWN.items())
    text = page("stack-settings.md")
    assert all(f"| `l9stack:{key.name}` |" in text for key in dataclasses.fields(StackSettings))
    for block, (_, checks) in stack_settings.BLOCKS.items():
        assert all(f"| `{block}.{key}` |" in text for key in checks)
    assert stack_settings.keys_of_source() <= set(stack_settings.BLOCKS)


def test_every_gate_is_in_the_reference():
    text = page("gates.md")
    assert all(f"| `{gate}`" in text for gate in known_gates())
    assert {row.phase for row in gates.shipped()} <= set(gates.PHASES)


def test_every_problem_of_a_collection_is_in_the_reference():
    text = page("problems.md")
    shown = set(problems.examples())
    assert all(f"| `{code}` |" in text for code in shown)
    assert len(shown) > 80
    assert len(shown & set(raised())) > 80


def test_every_method_of_the_context_is_in_the_references():
    names = [
        name for name, value in vars(OperationContext).items() if not name.startswith("_") and inspect.isfunction(value)
    ]
    names += [field.name for field in dataclasses.fields(OperationContext)]
    assert len(names) > 15
    listed, told = page("agent-api.md"), page("implementations.md")
    for name in names:
        assert re.search(rf"^  - `(async )?{name}[:(]", listed, re.MULTILINE), name
        assert f"`{name}" in told or f"context.{name}" in told, name


def test_each_reference_is_in_the_index():
    text = page("index.md")
    assert all(f"]({name})" in text for name in [*PAGES, "glue.md", "families.md", "agent-api.md"])
