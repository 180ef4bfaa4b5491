"""`l9 explain`: the winner of a setting, where it stands, and what it overrides, in order."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from l9stack.cli.main import main
from l9stack.extraction.prepare import prepare
from l9stack.inputs import Inputs
from l9stack.project import Project
from l9stack.releases.snapshots import Snapshots

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = """
system: Desk
module: desk
name: Desk
role: Sits.
rootpath: L9/desk
governance: {anchors: [Ann]}
settings: {logging.level: ERROR, shelves: 12}
cursorinstructions: {generatefiles: [controller.py]}
deployment: {endpoints: [POST /sit]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in which every source sets the log level."""
    (tmp_path / "office").mkdir()
    shutil.copytree(ROOT / "templates" / "meta", tmp_path / "templates" / "meta")
    texts = {
        "Pulumi.yaml": "name: own\nconfig: {output: {default: extractions}}\n",
        "Pulumi.dev.yaml": "config:\n  l9stack:collection: office\n"
        "  l9stack:settings:\n    logging.level: DEBUG\n    memory: {redis: {url: 'redis://:hunter2@cache:6379/0'}}\n",
        "office/agents.yaml": SCHEMA,
        "office/glue.yaml": "wirings: []\nsettings: {logging.level: WARNING}\n",
        "office/answers.yaml": "settings: {logging: {level: INFO}}\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def explained(project: Path, *words: str) -> int:
    return main(["--project", str(project), "explain", *words])


def test_every_source_is_told_in_the_order_in_which_they_win(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(project, "desk.logging.level", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["agent"], told["stack"]) == ("desk", "dev")
    [setting] = told["settings"]
    chain = [setting, *setting["overrides"]]
    assert [(item["source"], item["value"]) for item in chain] == [
        ("stack", "DEBUG"),
        ("answers", "INFO"),
        ("glue", "WARNING"),
        ("meta", "INFO"),
        ("schema", "ERROR"),
        ("default", "INFO"),
    ]
    assert [item["place"] and (item["place"]["file"], item["place"]["line"]) for item in chain[:3]] == [
        ("Pulumi.dev.yaml", 4),
        ("answers.yaml", 1),
        ("glue.yaml", 2),
    ]
    assert chain[3]["place"]["file"] == "meta.codegen.schema.yaml"
    assert chain[4]["place"]["file"] == "agents.yaml"
    assert chain[5]["place"] is None


def test_of_a_pinned_stack_it_tells_what_the_release_says(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"logging.level": "DEBUG"}
    inputs = Inputs.read(Project(project), project / "office", settings=settings)
    kept = Snapshots(Project(project)).keep(prepare(inputs))
    (project / "Pulumi.prod.yaml").write_text(f"config:\n  l9stack:release: {kept.digest}\n", encoding="utf-8")
    (project / "office/answers.yaml").write_text("settings: {logging: {level: CRITICAL}}\n", encoding="utf-8")
    assert explained(project, "desk.logging.level", "--stack", "prod", "--json") == 0
    told = capsys.readouterr()
    [setting] = json.loads(told.out)["settings"]
    assert (setting["source"], setting["value"]) == ("answers", "INFO")
    assert f"pinned to release {kept.digest[:12]}" in told.err


def test_a_source_that_is_gone_is_replaced_by_the_next(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "Pulumi.dev.yaml").write_text("config:\n  l9stack:collection: office\n", encoding="utf-8")
    assert explained(project, "Desk.logging.level") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == 'desk.logging.level = "INFO"'
    assert lines[1].strip() == "from answers, answers.yaml:1:29"
    assert [line.split()[1].rstrip(",:") for line in lines[2:]] == ["glue", "meta", "schema", "default"]


def test_all_settings_of_an_agent_without_a_password(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(project, "desk") == 0
    text = capsys.readouterr().out
    assert "desk.shelves = 12" in text
    assert "cache:6379" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        ("dessk.logging.level", "unknown-agent", "did you mean desk?"),
        ("desk.loging.level", "unknown-setting", "did you mean `logging.level`?"),
        ("nobody", "unknown-agent", "agents here: desk"),
    ],
)
def test_an_unknown_name_is_told(
    project: Path, capsys: pytest.CaptureFixture[str], words: str, code: str, hint: str
) -> None:
    assert explained(project, words, "--json") == 1
    [problem] = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["code"], problem["hint"]) == (code, hint)


def test_a_setting_of_the_stack_that_nothing_reads_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack = project / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text(encoding="utf-8").replace("logging.level", "loging.level"), encoding="utf-8")
    assert explained(project, "desk", "--json") == 1
    [problem] = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["code"], problem["hint"]) == ("unknown-setting", "did you mean `logging.level`?")


def test_a_policy_is_told_clause_by_clause_as_it_is_executed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = """governance:
  anchors: [Ann]
  escalationpolicy: >-
    Escalate if: NOT (confidence >= 60 %),
    rain falls, chair is broken,
    1,500 < weight
"""
    schema = SCHEMA.replace("governance: {anchors: [Ann]}\n", policy)
    (project / "office" / "agents.yaml").write_text(schema, encoding="utf-8")
    assert explained(project, "desk.governance.escalationpolicy", "--json") == 0
    clauses = json.loads(capsys.readouterr().out)["clauses"]
    assert [
        (each["text"], each["outcome"], each["condition"], each["place"]["line"], each["place"]["column"])
        for each in clauses
    ] == [
        ("NOT (confidence >= 60 %)", "rule", "confidence < 0.6", 10, 18),
        ("rain falls", "trigger", None, 11, 5),
        ("chair is broken", "question", None, 11, 17),
        ("1,500 < weight", "question", "weight > 1500", 12, 5),
    ]
    assert explained(project, "desk.governance.escalationpolicy") == 0
    told = capsys.readouterr().out.splitlines()
    assert "    rule not_confidence_60: confidence < 0.6" in told
    assert "    question: no operation has all of `weight > 1500`" in told
    assert "    question: not read" in told
