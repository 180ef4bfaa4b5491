"""Tests of single agents, as they are rendered: they pass where tests easily get into each other's way."""

import ast
import re
import subprocess
import sys

import pytest

from l9stack.extraction.prepare import prepare
from l9stack.gates.tests_run import run_tests
from l9stack.inputs import Inputs
from l9stack.model.glue import FieldSpec
from l9stack.output.view import write_tree
from l9stack.project import Project
from l9stack.rendering.samples import fits, sample
from l9stack.rendering.suites.literals import changes, wrong
from l9stack.rendering.suites.operations import another_value

AGENT = """---
system: {id}
module: {id}
name: {id}
role: It is there.
rootpath: L9/agents/{id}
governance: {{anchors: [Ann], escalationpolicy: ""}}
memorytopology: {{workingmemory: redis, episodicmemory: postgres}}
cursorinstructions: {{generatefiles: [__init__.py, {files}]}}
deployment: {{endpoints: [{endpoints}]}}
"""
ANSWERS = """
operations:
  shelf.allow:
    reusable: true
    request: {amount: {type: integer, minimum: 0}, why: string}
    response: {allowed: boolean, note: string}
  shelf.any:
    reusable: true
  shelf.seen:
    request: {amount: number}
    response: {count: integer}
    behaviour: {query_memory: {match: [amount], limit: 3}}
"""


COLLECTIONS = {
    # A low rate, answers that are precedents, look-ups by a number without bounds, a config module without settings.
    "shelf": (
        "controller.py, config.py, memory_bridge.py, governance_bridge.py, api/routes.py",
        "POST /shelf/allow",
        ANSWERS + "settings: {limits: {rate: 10/minute}}",
    ),
    # A policy that refuses what is unbound, and modules that nobody describes.
    "shut": (
        "controller.py, back_room.py, api/routes.py",
        "GET /shut/look",
        "settings: {governance: {unbound_operations: refuse}}",
    ),
}


@pytest.fixture(scope="module", params=COLLECTIONS)
def prepared(request, tmp_path_factory):
    """A collection of one agent, whose tests could easily get into each other's way."""
    folder = tmp_path_factory.mktemp(request.param)
    files, endpoints, answers = COLLECTIONS[request.param]
    (folder / "agents.yaml").write_text(AGENT.format(id=request.param, files=files, endpoints=endpoints))
    (folder / "answers.yaml").write_text(answers)
    return prepare(Inputs.read(Project(tmp_path_factory.mktemp("project")), folder))


def test_generated_tests_do_not_get_into_each_others_way(prepared, l9_backends, tmp_path):
    [agent] = [agent.id for agent in prepared.plan.agents]
    write_tree(prepared.tree, tmp_path)
    run = run_tests(prepared.plan, tmp_path, [agent], l9_backends.environ(), integration=False)
    assert [(failure.node, failure.message) for failure in run.failures] == []
    assert run.per_agent[agent].skipped == 0
    modules = {path.rpartition("/")[2]: made for path, made in run.made_by_file.items() if "regression" not in path}
    assert min(made.checks for made in modules.values()) >= 8, modules
    assert min(made.negative for made in modules.values()) >= 3, modules


def test_what_is_generated_passes_a_strict_type_checker(prepared, tmp_path):
    write_tree(prepared.tree, tmp_path)
    command = [sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases", "--config-file="]
    run = subprocess.run(
        [*command, "--cache-dir", str(tmp_path / "cache"), "code", "tests"],
        cwd=tmp_path, env={"MYPYPATH": "code"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_package_is_its_docstring_and_has_no_tests(prepared):
    texts = {artifact.path: artifact.text for artifact in prepared.tree.artifacts}
    [package] = [path for path in texts if path.endswith("/__init__.py")]
    assert texts[package] == f'"""{prepared.plan.agents[0].id}: It is there."""\n'
    assert not [path for path in texts if path.startswith("tests/agents/") and "__init__" in path]


@pytest.mark.parametrize("prepared", ["shelf"], indirect=True)
def test_the_config_module_holds_nothing_that_changes_nothing(prepared):
    texts = {artifact.path: artifact.text for artifact in prepared.tree.artifacts}
    assert "rate" not in texts["code/L9/agents/shelf/config.py"]
    assert 'rate="10/minute"' in texts["code/L9/agents/shelf/controller.py"]


def test_no_generated_test_hides_another(prepared):
    for artifact in prepared.tree.artifacts:
        if artifact.path.startswith("tests/") and artifact.path.endswith(".py"):
            body = ast.parse(artifact.text).body
            names = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
            assert len(names) == len(set(names)), artifact.path


@pytest.mark.parametrize(
    "spec",
    [
        FieldSpec(name="n", type="number"),
        FieldSpec(name="n", type="number", minimum=0, maximum=1),
        FieldSpec(name="n", type="integer", maximum=1),
        FieldSpec(name="n", type="string", max_length=3),
        FieldSpec(name="n", type="string", choices=("a", "b")),
        FieldSpec(name="n", type="boolean"),
        FieldSpec(name="n", type="strings"),
        FieldSpec(name="n", type="object"),
        FieldSpec(name="n", type="any"),
    ],
    ids=lambda spec: f"{spec.type} {spec.minimum} {spec.maximum}",
)
def test_every_kind_of_field_has_another_value(spec):
    value = another_value(spec)
    assert value != sample(spec)
    assert fits(spec, value)


def test_changes_say_what_is_different():
    base = {"a": 1, "b": "two"}
    assert changes(dict(base), base) == "{}"
    assert changes({"a": 1}, base) == "{'b': ABSENT}"
    assert changes({"a": True, "b": "two"}, base) == "{'a': True}"
    assert changes({"a": 2, "b": "x" * 50}, base) == "{'a': 2, 'b': 'x' * 50}"
    rows = [({"b": "two"}, "a"), ({"a": "no", "b": "two"}, "a"), ({**base, "undeclared_field": 1}, "undeclared_field")]
    assert wrong(rows) == "{'a': [ABSENT, 'no'], 'undeclared_field': [1]}"
    assert wrong([]) == "{}"


@pytest.mark.parametrize("text", ["'", '"""', "\\", "\n", "\u202e", "', id='", "{{ 1 }}", "\ud800", "x" * 200])
def test_no_text_leaves_its_place(text):
    values = {"a": text}
    for source in (changes(values, {"a": 1}), wrong([(values, "a")])):
        assert isinstance(ast.parse(source, mode="eval").body, ast.Dict)
        assert re.fullmatch(r"[ -~\n]*", source)
    assert eval(changes(values, {"a": 1})) == values
    assert eval(wrong([(values, "a")])) == {"a": [text]}
