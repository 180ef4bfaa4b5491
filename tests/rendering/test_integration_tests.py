"""Tests across agents, as they are rendered: which there are, what they expect, and that they can fail."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from l9stack.extraction.prepare import prepare
from l9stack.gates.tests_run import run_tests
from l9stack.inputs import Inputs
from l9stack.output.view import write_tree
from l9stack.project import Project
from l9stack.rendering.suites.answers import circular, expected_case, known_answers
from l9stack.rendering.suites.integration import FOLDER, integration_tests, joined_agents

EXAMPLE = Path(__file__).parents[2] / "input_schemas" / "claims_desk"
AGENT = """---
system: {system}
module: {id}
name: {name}
role: It is there.
rootpath: L9/agents/{id}
depends_on: {{hard: [{hard}], soft: [{soft}]}}
governance: {{anchors: ["Ann \\"A\\" O'Neil", {id} board], escalationpolicy: "Auto-escalate if: confidence < 0.6"}}
memorytopology: {memory}
cursorinstructions: {{generatefiles: [controller.py]}}
deployment: {{endpoints: [POST /{id}/idle, GET /health]}}
"""
GLUE = """
wirings:
  - {from_agent: front, to_agent: back, connection_type: api_call, method_names: [guess, note]}
  - {from_agent: front, to_agent: back, connection_type: packet_send, packet_types: [mirror]}
  - {from_agent: back, to_agent: front, connection_type: event_observe, event_subscriptions: [judged, rumour]}
  - {from_agent: front, to_agent: Elsewhere, connection_type: api_call, method_names: [ask]}
operations:
  front.ask_deep:
    request: {amount: {type: number, minimum: 0, maximum: 100, example: 5}}
    response: {verdict: string, twice: number, tag: {type: string, default: plain}}
    behaviour:
      route: {to: middle.pass_on, send: {amount: amount}, assign: {verdict: answer.verdict, twice: amount * 2}}
  front.loop:
    request: {amount: {type: number, example: 5}}
    response: {amount: number}
    behaviour: {route: {to: middle.loop, send: {amount: amount}, assign: {amount: answer.amount}}}
  front.on_judged:
    request: {verdict: string, amount: number}
    behaviour: {record: {}}
  middle.loop:
    request: {amount: {type: number, example: 5}}
    response: {amount: number}
    behaviour: {route: {to: front.loop, send: {amount: amount}, assign: {amount: answer.amount}}}
  middle.pass_on:
    request: {amount: {type: number, minimum: 0, maximum: 100, example: 5}}
    response: {verdict: string}
    behaviour: {route: {to: back.judge, send: {amount: amount}, assign: {verdict: answer.verdict}}}
  back.judge:
    request: {amount: {type: number, minimum: 0, maximum: 100, example: 5}}
    response: {verdict: string, amount: number}
    publish: judged
    behaviour:
      decision_table:
        rows: [{when: amount > 50, then: {verdict: much, amount: =amount}}]
        otherwise: {verdict: little, amount: =amount}
  back.note:
    request: {amount: {type: number, example: 5}}
    response: {record_id: string, amount: number}
    behaviour: {record: {assign: {amount: amount}}}
  back.mirror:
    request: {text: string}
    behaviour: echo
"""


@pytest.fixture(scope="module")
def chained(tmp_path_factory):
    """A chain of three agents with events, a circle of routes, unbound operations, and one agent without memory."""
    folder = tmp_path_factory.mktemp("chained")
    agents = [
        ("front", "Front", 'Front "desk"\\one', "middle", "bare", "{workingmemory: redis, episodicmemory: postgres}"),
        ("middle", "Middle", "Middle", "", "", "{semanticmemory: neo4j}"),
        ("back", "Back", "Back", "", "bare", "{episodicmemory: postgres}"),
        ("bare", "Bare", "Bare", "", "", "{}"),
    ]
    names = ("id", "name", "system", "hard", "soft", "memory")
    (folder / "agents.yaml").write_text("".join(AGENT.format(**dict(zip(names, row, strict=True))) for row in agents))
    (folder / "glue.yaml").write_text(GLUE)
    return prepare(Inputs.read(Project(tmp_path_factory.mktemp("project")), folder))


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return prepare(Inputs.read(Project(tmp_path_factory.mktemp("project")), EXAMPLE))


def files(prepared):
    return {a.path.removeprefix(f"{FOLDER}/"): a for a in prepared.tree.artifacts if a.path.startswith(FOLDER)}


def test_two_agents_that_are_joined_have_one_file_whatever_the_edges(example, chained):
    assert set(files(example)) == {
        "test_claim_intake_to_coverage_check.py",  # soft, connect and api_call
        "test_claim_intake_to_damage_assessment.py",
        "test_collection_claims_desk.py",
        "test_customer_notice_to_settlement.py",
        "test_damage_assessment_to_claim_intake.py",
        "test_settlement_to_coverage_check.py",
        "test_settlement_to_customer_notice.py",  # event_observe: the publisher first
        "test_settlement_to_damage_assessment.py",
    }
    assert set(joined_agents(chained.plan)) == {
        ("back", "bare"), ("back", "front"), ("front", "back"), ("front", "bare"), ("front", "middle"),
    }  # fmt: skip
    assert {artifact.agent for artifact in files(example).values()} == {None}


def test_without_inner_edges_there_are_no_files(chained):
    outside = [edge for edge in chained.plan.edges if edge.external]
    assert outside
    assert integration_tests(chained.plan.model_copy(update={"edges": tuple(outside)})) == {}


def test_files_parse_and_no_test_hides_another(example, chained):
    for prepared in (example, chained):
        for path, artifact in files(prepared).items():
            kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
            names = [node.name for node in ast.parse(artifact.text).body if isinstance(node, kinds)]
            tests = [name for name in names if name.startswith("test_")]
            assert len(names) == len(set(names)), path
            assert len(tests) >= 2, path
            assert artifact.text.count("\n") < 200, path
            assert not re.search(r"TODO|FIXME|XXX|NotImplementedError", artifact.text), path


def test_what_is_unbound_is_tested_to_wait_and_nothing_is_expected_of_it(chained):
    text = files(chained)["test_front_to_back.py"].text
    assert re.search(r'"guess",\s+packet=.*outcome="waits",\s+decider=\("back", "guess"', text, re.DOTALL)
    assert "waits_for_an_anchor" in text
    assert '"loop"' not in files(chained)["test_front_to_middle.py"].text


def test_answers_are_worked_out_through_a_chain(example, chained):
    plan = chained.plan
    front = plan.agent("front")
    case = expected_case(plan, front, front.operation("ask_deep"), {"amount": 51})
    assert case.expected == {"verdict": "much", "twice": 102, "tag": "plain"}
    assert circular(plan, front, front.operation("loop"))
    assert expected_case(plan, front, front.operation("loop"), {"amount": 5}) is None
    intake = example.plan.agent("claim_intake")
    submit = intake.operation("submit_claim")
    known = known_answers(example.plan, intake, submit, submit.behaviour)
    assert {row.said["reason"] for row in known} == {
        "covered in full",
        "reported after the seven days that the terms give",
        "economy parcels are covered up to 500",
        "above the highest insurable value",
    }
    unsure = next(row for row in known if row.said["confidence"] < 0.6)
    assert unsure.fired == ("confidence_0_6_and_criticality_0_7", "declared_value_15_000")
    report = intake.operation("report_damage")
    assert known_answers(example.plan, intake, report, report.behaviour) == ()


def test_rendering_is_the_same_whatever_the_hash_seed(chained, tmp_path):
    script = (
        "import sys, pathlib; from l9stack.extraction.prepare import prepare; from l9stack.inputs import Inputs;"
        "from l9stack.project import Project;"
        "inputs = Inputs.read(Project(pathlib.Path(sys.argv[2])), pathlib.Path(sys.argv[1]));"
        "print(prepare(inputs).tree.part_digest(None))"
    )
    command = [sys.executable, "-c", script, str(chained.inputs.path), str(tmp_path)]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout
    assert printed.strip() == chained.tree.part_digest(None)


def test_the_tests_pass_and_see_a_wiring_that_is_broken(chained, l9_backends, tmp_path):
    write_tree(chained.tree, tmp_path)
    good = run_tests(chained.plan, tmp_path, [], l9_backends.environ(), integration=True)
    assert [failure.message for failure in good.failures] == []
    assert good.collection.positive_checks + good.collection.negative_checks > 60
    controller = tmp_path / "code" / "L9" / "agents" / "front" / "controller.py"
    broken = controller.read_text().replace("request.amount * 2", "request.amount * 3")
    assert broken != controller.read_text()
    controller.write_text(broken)
    for path in (tmp_path / FOLDER).iterdir():
        if path.name != "test_front_to_middle.py":
            path.unlink()
    bad = run_tests(chained.plan, tmp_path, [], l9_backends.environ(), integration=True)
    assert {failure.node.rpartition("::")[2] for failure in bad.failures} == {
        "test_the_answer_is_made_of_what_the_target_decides"
    }
    assert len(bad.failures) > 1
    assert all("twice" in failure.message for failure in bad.failures)
    assert all(failure.check.startswith("ask_deep: the answer to ") for failure in bad.failures)
