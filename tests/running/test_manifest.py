"""The deployment manifest and its schema, and what is read from it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from l9stack.cli.main import main
from l9stack.model.deployment import Deployment, deployment_schema
from l9stack.running.manifest import manifest_path, read_manifest
from tests.reading.json_schema import valid
from tests.running.conftest import Deployed

PUBLISHED = Path(__file__).parents[2] / "schemas" / "manifest.schema.json"


@pytest.fixture
def document(deployed: Deployed) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(manifest_path(deployed("docker", clerk="http://h:1"), "site").read_text())
    return found


def test_the_published_schema_is_what_the_command_prints(capsys: pytest.CaptureFixture[str], regen: bool):
    assert main(["schema", "--kind", "manifest"]) == 0
    printed = capsys.readouterr().out
    if regen:
        PUBLISHED.write_text(printed, encoding="utf-8")
    assert printed == PUBLISHED.read_text(encoding="utf-8")
    assert json.loads(printed) == deployment_schema()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), "1"),
        (("runtime",), "mainframe"),
        (("password",), "x"),
        (("agents", "clerk", "replicas"), -1),
        (("agents", "clerk", "endpoint"), None),
        (("backends", "redis", "url"), "redis://:secret@h"),
        (("tests",), {"passed": 1}),
    ],
)
def test_schema_and_reader_refuse_the_same(document: dict[str, Any], path: tuple[str, ...], value: Any):
    assert valid(document, deployment_schema())
    wrong = copy.deepcopy(document)
    inner = wrong
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert not valid(wrong, deployment_schema())
    with pytest.raises(ValueError):
        Deployment.model_validate(wrong)


def test_every_field_is_described(document: dict[str, Any]):
    schema = deployment_schema()
    described = [schema, *schema["$defs"].values()]
    bare = {name for model in described for name, field in model["properties"].items() if "description" not in field}
    assert bare <= {"schema_version", "stack", "runtime", "collection", "agents", "backends", "grafana", "passed"} | {
        *("failed", "skipped", "seconds", "replicas")
    }


def test_what_is_not_there_is_none(deployed: Deployed):
    assert read_manifest(deployed("docker"), "elsewhere") is None
