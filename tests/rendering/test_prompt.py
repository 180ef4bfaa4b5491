"""The prompt: complete, word for word, the same every time, and no text leaves its fence."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from l9stack import agent as library
from l9stack.agent import AgentDefinition, GovernancePolicy, Limits, MemoryDeclaration, OperationContext, operation
from l9stack.cli.main import main
from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.gates import static  # noqa: F401 - importing it registers the gates
from l9stack.gates.registry import rows_of
from l9stack.inputs import Inputs
from l9stack.project import Project
from l9stack.rendering.prompt import attachment

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "input_schemas" / "claims_desk"
META = ROOT / "templates" / "meta"
SCHEMA = """system: Desk
module: desk
name: Desk
role: {role}
rootpath: L9/agents/desk
purpose: |
{purpose}
governance:
  anchors: [Lead]
cursorinstructions:
  generatefiles: [controller.py, desk.py]
deployment:
  endpoints: [POST /desk/open]
"""
HOSTILE = ["```", "````yaml", "~~~~", "~~~~~~", "`" * 12, "# Head", "", "| a | b |", "", "---", "<!--", "```"]


def asked(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> str:
    """What the command gives for a collection."""
    assert main(["--project", str(ROOT), "prompt", str(path), "--json", *options]) == 0
    text: str = json.loads(capsys.readouterr().out)["prompt"]
    return text


def fences(text: str) -> list[Any]:
    return [token for token in MarkdownIt("commonmark").enable("table").parse(text) if token.type == "fence"]


@pytest.fixture(scope="module")
def example() -> PreparedCollection:
    return prepare(Inputs.read(Project(ROOT), EXAMPLE))


def test_it_names_every_file_of_every_agent_and_every_gate(
    capsys: pytest.CaptureFixture[str], example: PreparedCollection
) -> None:
    text = asked(capsys, EXAMPLE)
    for artifact in example.tree.artifacts:
        assert f"`{artifact.path}`" in text, artifact.path
    own = {agent.id: text.index(f"\nId `{agent.id}`, ") for agent in example.plan.agents}
    assert list(own.values()) == sorted(own.values())
    for row in rows_of(example.plan):
        assert f"| {row.phase} | `{row.gate}` | " in text, row.gate
    assert "| 4 | `coverage` | >= 85 % | lines and branches of generated code that tests run |" in text
    for question in example.plan.questions:
        assert question.message in text


def test_every_module_has_its_operations_with_all_their_fields(
    capsys: pytest.CaptureFixture[str], example: PreparedCollection
) -> None:
    text = asked(capsys, EXAMPLE)
    rows = [line for line in text.splitlines() if line.startswith("| `code/")]
    for agent in example.plan.agents:
        part = text.partition(f"\nId `{agent.id}`, ")[2].partition("\n### ")[0]
        for module in agent.modules:
            (row,) = (row for row in rows if f"`code/{agent.spec.root_path}/{module.path}`" in row)
            assert re.findall(r"`(\w+)`", row.split(" | ")[2]) == list(module.operations)
        for op in agent.operations:
            told = json.loads(fences(part.partition(f"\nOperation `{op.name}`: ")[2])[0].content)
            assert told["module"] == op.module
            assert told["behaviour"]["kind"] == op.behaviour.kind
            for side, fields in (("request", op.request), ("response", op.response)):
                assert list(told[side]) == [field.name for field in fields or ()]
                for field in fields or ():
                    assert told[side][field.name]["type"] == field.type
                    assert told[side][field.name].get("maximum") == field.maximum
        manifest = f"manifests/{agent.id}.json"
        assert next(a.text for a in example.tree.artifacts if a.path == manifest) in part


def test_all_inputs_are_attached_word_for_word(capsys: pytest.CaptureFixture[str]) -> None:
    held = [token.content for token in fences(asked(capsys, EXAMPLE))]
    inputs = [*META.glob("*.yaml"), *EXAMPLE.glob("*.yaml"), *(EXAMPLE / "implementations").rglob("*.py")]
    assert len(inputs) > 10
    for path in inputs:
        assert held.count(path.read_text(encoding="utf-8")) >= 1, path


def test_nothing_in_a_schema_ends_its_fence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shapes = []
    for name, lines in (("plain", ["plain"] * len(HOSTILE)), ("hostile", HOSTILE)):
        path = tmp_path / name / "desk.yaml"
        path.parent.mkdir()
        purpose = "\n".join(f"  {line}".rstrip() for line in lines)
        role = json.dumps(" ".join(lines))
        path.write_text(SCHEMA.format(role=role, purpose=purpose), encoding="utf-8")
        text = asked(capsys, path)
        tokens = MarkdownIt("commonmark").enable("table").parse(text)
        shapes.append([token.type for token in tokens])
        assert path.read_text(encoding="utf-8") in [token.content for token in tokens if token.type == "fence"]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("text", ["", "a", "```", "~~~~\n", "x\n`````\n```", "\r```\rx", "\n\n````\n~~~~~~~~\n"])
def test_a_fence_is_longer_than_any_in_its_text(text: str) -> None:
    block = attachment("a.yaml", text)
    assert max(map(len, re.findall(r"`+|~+", text)), default=2) < len(block.fence)
    (token,) = fences(str(block))
    assert token.content.rstrip("\n").replace("\r", "\n") == text.rstrip("\n").replace("\r", "\n")
    assert token.info == "yaml"


def test_the_same_collection_gives_the_same_prompt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved = tmp_path / "elsewhere" / "claims_desk"
    shutil.copytree(EXAMPLE, moved)
    command = [sys.executable, "-c", "import sys; from l9stack.cli.main import main; sys.exit(main(sys.argv[1:]))"]
    told = subprocess.run(
        [*command, "prompt", str(moved), "--meta", str(META)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        capture_output=True,
        check=True,
    )
    assert told.stdout.decode() == asked(capsys, EXAMPLE)


def test_it_is_written_to_a_file_where_one_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = asked(capsys, EXAMPLE)
    target = tmp_path / "new" / "prompt.md"
    assert main(["--project", str(ROOT), "prompt", str(EXAMPLE), "--output", str(target)]) == 0
    assert capsys.readouterr().out == f"{target}\n"
    assert target.read_text(encoding="utf-8") == text
    assert main(["--project", str(ROOT), "prompt", str(EXAMPLE), "--output", str(tmp_path)]) == 1
    assert "not-written" in capsys.readouterr().err


def test_a_password_in_an_input_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "claims_desk"
    shutil.copytree(EXAMPLE, folder)
    answers = folder / "answers.yaml"
    known = answers.read_text(encoding="utf-8")
    for url, warned in (("redis://:sesame@cache:6379", True), ("redis://:${REDIS_PASSWORD}@cache:6379", False)):
        answers.write_text(f'{known}  memory.redis.url: "{url}"\n', encoding="utf-8")
        assert main(["--project", str(ROOT), "prompt", str(folder)]) == 0
        assert (
            f"answers.yaml:{known.count(chr(10)) + 1}:1: note: password-in-prompt" in capsys.readouterr().err
        ) is warned


def test_the_library_that_it_describes_is_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    part = asked(capsys, EXAMPLE).partition("## 2. ")[2].partition("## 3. ")[0]
    called = set(re.findall(r"\b([A-Z][A-Za-z]+)\(", part))
    assert called - {"Field", "StandIn"} <= set(library.__all__)
    assert {"AgentDefinition", "GovernancePolicy", "MemoryDeclaration"} <= called
    for name in set(re.findall(r"context\.(\w+)", part)):
        assert hasattr(OperationContext, name) or name in OperationContext.__dataclass_fields__, name
    decorator = re.search(r"`@operation\(([^)]*)\)`", part)
    assert decorator
    assert re.findall(r"(\w+)=", decorator[1]) == list(inspect.signature(operation).parameters)
    for kind in (AgentDefinition, GovernancePolicy, Limits, MemoryDeclaration):
        told = re.search(rf"{kind.__name__}\((.*?)\)`", part) or re.search(rf"{kind.__name__}\(([^)]*)\)", part)
        assert told
        # The protocol of packets is the collection's, and comes from the manifest.
        names = {field.name for field in dataclasses.fields(kind)} - {"protocol"}
        assert names <= set(re.findall(r"(\w+)=", told[1])), kind
