"""The commands that operate a stack, on containers: where it answers, how it is, what it logs, what waits."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from l9stack.model.deployment import deployment_schema
from tests.e2e.images.commands import docker
from tests.e2e_docker.conftest import closing
from tests.e2e_docker.project import OnDocker, on_docker
from tests.reading.json_schema import valid

MINIMAL = Path(__file__).parents[1] / "golden" / "minimal"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, test_images: Mapping[str, str]) -> Iterator[OnDocker]:
    """The smallest collection: one agent, with Redis and Postgres."""
    project = on_docker(tmp_path_factory.mktemp("project"), test_images)
    for name in ("input.yaml", "input.answers.yaml"):
        shutil.copy(MINIMAL / name, project.root / "input_schemas" / name.replace("input", "echo"))
    stack = project.root / f"Pulumi.{project.stack}.yaml"
    stack.write_text(stack.read_text().replace("input_schemas/claims_desk", "input_schemas/echo.yaml"))
    for deployed in closing(project):
        deployed.up()
        yield deployed


def test_all_is_well_and_the_manifest_says_where(up: OnDocker):
    told = up.data("health", "--stack", up.stack, "--wait")
    assert {part["name"]: part["health"] for part in (*told["agents"], *told["backends"])} == {
        **dict.fromkeys(("echo", "redis", "postgres"), "ok")
    }
    manifest = up.data("manifest", "--stack", up.stack)
    assert valid(manifest, deployment_schema())
    folder = up.root / "deployments" / up.stack
    assert json.loads((folder / "deployment_manifest.json").read_text()) == manifest
    assert manifest["agents"]["echo"]["image"] == up.inspect("echo-echo")["Config"]["Image"]
    assert manifest["tests"]["passed"] > 0
    readiness = (folder / "deployment_readiness.md").read_text()
    assert "- [x] All services online: 1 of 1 agents healthy and ready" in readiness
    assert f"before traffic: {manifest['tests']['passed']} passed, 0 failed" in readiness


def test_an_agent_is_called_and_its_log_read(up: OnDocker):
    answer = up.data("call", "echo.say", "--stack", up.stack, "--data", '{"text": "hello"}')
    assert answer["body"] == {"text": "hello"}
    lines = up.data("logs", "echo", "--stack", up.stack, "--lines", "20")
    assert any(line.get("trace_id") == answer["trace_id"] for line in lines)
    assert up.data("audit", "echo", "--stack", up.stack)["body"]["holds"] is True


def test_what_is_wrong_is_told_by_name_and_waited_for(up: OnDocker):
    docker("stop", up.named("echo-redis"))
    told = up.data("health", "--stack", up.stack, expect=6)
    states = {part["name"]: part for part in (*told["agents"], *told["backends"])}
    assert states["redis"]["health"] == "stopped: ended with code 0"
    assert states["redis"]["last_line"]
    assert states["echo"]["health"].startswith("not ready: redis (")
    assert states["postgres"]["health"] == "ok"
    assert told["next"] == f"l9 up --stack {up.stack}"
    again = threading.Timer(3.0, docker, ("start", up.named("echo-redis")))
    again.start()
    waited = up.run("health", "--stack", up.stack, "--wait", "--timeout", "120")
    again.join()
    assert waited.stderr.index("redis: stopped") < waited.stderr.index("redis: ok")
    assert "unhealthy" not in waited.stdout + waited.stderr
