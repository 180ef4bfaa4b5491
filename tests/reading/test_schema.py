"""The published JSON Schemas: what the command prints, and of one mind with the reader."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from l9stack.cli.main import main
from l9stack.errors import Problem
from l9stack.reading.agents import read_agent
from l9stack.reading.document_sorting import sort_documents
from l9stack.reading.documents import Document, Node, parse, parse_each
from l9stack.reading.glue import read_answers, read_glue
from l9stack.reading.glue_schema import answers_schema, glue_schema
from l9stack.reading.glue_words import WIRING
from l9stack.reading.schema import agent_schema
from l9stack.reading.source_text import SourceText
from tests.reading.json_schema import valid

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "input_schemas" / "claims_desk"
SCHEMAS = {"agent": agent_schema(), "glue": glue_schema(), "answers": answers_schema()}
FILES = sorted(
    path
    for folder in (EXAMPLE, ROOT / "tests" / "golden", ROOT / "templates" / "glue", Path(__file__).parent / "cases")
    for path in folder.rglob("*.yaml")
    if "expected" not in path.parts
)


def parts(path: Path) -> Iterator[tuple[str, Node]]:
    """The agents, glue and answers of a file, each with its kind; none of a file that cannot be read."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    if path.stem == "answers" or path.stem.endswith(".answers"):
        yield from (
            ("answers", item.root) for item in parse_each(SourceText(text, path.name)) if isinstance(item, Document)
        )
        return
    found = sort_documents(parse_each(SourceText(text, path.name)))
    yield from (("agent", node) for node in found.agents)
    yield from (("glue", node) for node in found.glue)


def problems_of(kind: str, node: Node) -> list[Problem]:
    problems: list[Problem] = []
    if kind == "agent":
        read_agent(node, problems)
    else:
        (read_glue if kind == "glue" else read_answers)(node, "file", problems)
    return problems


def refused(kind: str, tree: dict[str, Any]) -> bool:
    (document,), syntax = parse(yaml.safe_dump(tree, sort_keys=False), "file")
    assert not syntax
    return any(problem.level == "error" for problem in problems_of(kind, document.root))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_what_is_published_is_what_the_command_prints(kind, capsys, regen):
    path = ROOT / "schemas" / f"{kind}.schema.json"
    assert main(["schema", "--kind", kind]) == 0
    printed = capsys.readouterr().out
    if regen:
        path.write_text(printed, encoding="utf-8")
    assert printed == path.read_text(encoding="utf-8")
    assert json.loads(printed) == SCHEMAS[kind]


def test_what_the_reader_takes_is_valid():
    seen = {"agent": 0, "glue": 0, "answers": 0}
    for path in FILES:
        for kind, node in parts(path):
            problems = problems_of(kind, node)
            # The schemas know the canonical names; what has other ones, or is wrong, is not asked about here.
            if not any(problem.level == "error" or problem.code == "alias" for problem in problems):
                assert valid(node.plain(), SCHEMAS[kind]), f"{path} at {node.place}"
                seen[kind] += 1
    assert seen["agent"] > 30
    assert seen["glue"] > 3
    assert seen["answers"] > 1


def first(kind: str) -> dict[str, Any]:
    name = {"agent": "agents.yaml", "glue": "glue.yaml", "answers": "answers.yaml"}[kind]
    tree: dict[str, Any] = next(node for found, node in parts(EXAMPLE / name) if found == kind).plain()
    return tree


def without(*names: str | int) -> Callable[[Any], None]:
    def change(tree: Any) -> None:
        for name in names[:-1]:
            tree = tree[name]
        del tree[names[-1]]

    return change


def having(value: Any, *names: str | int) -> Callable[[Any], None]:
    def change(tree: Any) -> None:
        for name in names[:-1]:
            tree = tree[name]
        tree[names[-1]] = value

    return change


OPERATION = "claim_intake.submit_claim"
BROKEN = [
    *(("agent", without(name)) for name in ("system", "module", "name", "role", "rootpath")),
    *(("agent", without(name)) for name in ("governance", "cursorinstructions", "deployment")),
    ("agent", without("governance", "anchors")),
    ("agent", without("cursorinstructions", "generatefiles")),
    ("agent", having({"healthcheck": "/health"}, "deployment")),
    ("agent", having([], "governance", "anchors")),
    ("agent", having("hybird", "governance", "mode")),
    ("agent", having("yes", "governance", "humanoverride")),
    ("agent", having({"a": 1}, "governance", "escalationpolicy")),
    ("agent", having("../../etc", "rootpath")),
    ("agent", having("/L9/agents/x", "rootpath")),
    ("agent", having(["controller"], "cursorinstructions", "generatefiles")),
    ("agent", having(["README"], "cursorinstructions", "generatedocs")),
    ("agent", having("always", "cursorinstructions", "linkexisting_mode")),
    ("agent", having(["PSOT /x"], "deployment", "endpoints")),
    ("agent", having("health", "deployment", "healthcheck")),
    ("agent", having(0, "deployment", "replicas")),
    ("agent", having("words", "deployment", "apis")),
    ("agent", having(["a"], "depends_on")),
    ("agent", having([], "depends_on", "hardly")),
    ("agent", having("redis", "memorytopology", "dreams")),
    ("agent", having({"purpose": "x"}, "memorytopology", "workingmemory")),
    ("agent", having([{"fields": ["a"]}], "memorytopology", "semanticmemory", "structure")),
    ("agent", having({"system": "A", "module": "a", "name": "A", "role": "r"}, "system")),
    ("glue", having([], "wiring")),
    ("glue", having("telepathy", "wirings", 0, "connection_type")),
    ("glue", having(["x"], "wirings", 0, "methods")),
    *(("glue", without("wirings", 0, word.name)) for word in WIRING.fields if word.required),
    ("glue", having({"a": {"functions": ["f"]}}, "schema_to_code")),
    ("glue", having({"a": {"target": "x.py", "functions": [{"f": {"signed": "()"}}]}}, "schema_to_code")),
    ("glue", having({"a": {"target": "x.py", "models": [{"M": {"n": "numbr"}}]}}, "schema_to_code")),
    ("glue", having({}, "operations", "no dot")),
    ("glue", having("telepathy", "operations", OPERATION, "behaviour")),
    ("glue", having({"record": {}, "echo": None}, "operations", OPERATION, "behaviour")),
    ("glue", having({"transform": {}}, "operations", OPERATION, "behaviour")),
    ("glue", having({"query_memory": {"match": [], "limit": 20}}, "operations", OPERATION, "behaviour")),
    ("glue", having({"query_memory": {"match": ["a"], "limit": 2000}}, "operations", OPERATION, "behaviour")),
    ("glue", having({"route": {"to": "a.b", "via": "c"}}, "operations", OPERATION, "behaviour")),
    (
        "glue",
        having({"decision_table": {"rows": [{"when": "a"}], "otherwise": {}}}, "operations", OPERATION, "behaviour"),
    ),
    ("glue", having("colour", "operations", OPERATION, "request", "claim_id")),
    ("glue", having({"type": "string", "minimal": 1}, "operations", OPERATION, "request", "claim_id")),
    ("glue", having(2, "operations", OPERATION, "criticality")),
    ("glue", having(0, "operations", OPERATION, "timeout_seconds")),
    ("answers", having([], "wirings")),
    ("answers", having({"reuse": True}, "operations", "customer_notice.notice_history")),
]


@pytest.mark.parametrize(("kind", "change"), BROKEN)
def test_what_is_broken_is_refused_by_reader_and_schema(kind, change):
    tree = copy.deepcopy(first(kind))
    assert not refused(kind, tree)
    assert valid(tree, SCHEMAS[kind])
    change(tree)
    assert refused(kind, tree)
    assert not valid(tree, SCHEMAS[kind])


@pytest.mark.parametrize("method", ["POST ", "post ", "Post ", ""])
def test_methods_are_taken_in_any_case_by_schema_and_reader(method: str) -> None:
    agent = yaml.safe_load((ROOT / "tests" / "golden" / "problems" / "bad_setting" / "agents.yaml").read_text())
    agent["settings"] = {}
    agent["deployment"] = {"endpoints": [f"{method}/pilot/guide"], "healthcheck": f"{method and 'get '}/health"}
    glue = {"schema_to_code": {"Guide": {"target": "guide.py", "endpoints": [f"{method or 'get '}/pilot/guide"]}}}
    for kind, tree in (("agent", agent), ("glue", glue)):
        assert not refused(kind, tree)
        assert valid(tree, SCHEMAS[kind])


def test_other_methods_are_refused_by_schema_and_reader() -> None:
    glue = {"schema_to_code": {"Guide": {"target": "guide.py", "endpoints": ["fetch /pilot/guide"]}}}
    assert refused("glue", glue)
    assert not valid(glue, SCHEMAS["glue"])
