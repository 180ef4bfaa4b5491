"""The generated tests before traffic: the container that runs them, and what is made of how it ended."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pulumi
import pytest

from l9stack.agent.preflight._summary import Failure, Summary
from l9stack.errors import GateError
from l9stack.extraction.prepare import PreparedCollection
from l9stack.infra.providers.preflight import PreflightProvider, failures
from l9stack.infra.settings import DockerSettings
from l9stack.project import Project
from tests.component.conftest import Deploy, changed
from tests.component.recording import World
from tests.component.test_docker_runtime import AGENTS, labels

TESTS = "Container claims_desk-tests"


@pytest.fixture(scope="module")
def world(deploy: Deploy) -> World:
    return deploy("staging", runtime="docker", docker=DockerSettings())


@pytest.fixture(scope="module")
def without(deploy: Deploy) -> World:
    return deploy("staging", runtime="docker", docker=DockerSettings(tests=False))


def test_they_run_confined_and_once_in_the_networks_of_agents(world: World) -> None:
    inputs = world[TESTS].inputs
    expected = {
        "name": "claims_desk-tests-staging",
        "image": world["Image claims_desk-tests-image"].inputs["imageName"],
        "user": "65534:65534",
        "readOnly": True,
        "capabilities": {"drops": ["ALL"]},
        "securityOpts": ["no-new-privileges:true"],
        "restart": "no",
        "mustRun": False,
        "attach": True,
        "logs": True,
        "entrypoints": ["/bin/sh", "-c"],
    }
    assert {key: inputs.get(key) for key in expected} == expected
    agent = world["Container claims_desk-settlement"].inputs
    assert [n["name"] for n in inputs["networksAdvanced"]] == [n["name"] for n in agent["networksAdvanced"]]
    assert "ports" not in inputs and "healthcheck" not in inputs
    told = dict(item.split("=", 1) for item in inputs["envs"])
    assert told.pop("L9_FAILED_BEFORE") == "0"
    assert told.items() <= dict(item.split("=", 1) for item in agent["envs"]).items()


def test_they_are_told_the_backends_as_agents_are_by_a_file(world: World) -> None:
    secrets = [
        world[f"{name}-files"].secrets["uploads.0.content"] for name in (TESTS, "Container claims_desk-settlement")
    ]
    urls = [dict(line.split("=", 1) for line in shlex.split(text)) for text in secrets]
    assert urls[0] == urls[1] and "word-of" not in json.dumps(dict(world[TESTS].inputs))


def test_no_agent_starts_or_is_replaced_before_they_have_passed(world: World, without: World) -> None:
    assert TESTS in world.before("PreflightGate claims_desk-tests-passed")
    backends = {f"ContainerReady claims_desk-{name}-ready" for name in ("redis", "postgres", "neo4j", "archive")}
    assert backends | {"Baseline claims_desk-baseline"} <= world.before(TESTS)
    for agent in AGENTS:
        assert "PreflightGate claims_desk-tests-passed" in world[f"Container claims_desk-{agent}"].after
    assert set(without.resources) == {key for key in world.resources if "-tests" not in key[1]}
    assert world.outputs["Stack claims_desk"]["tests"]["passed"] == 9
    assert "tests" not in without.outputs["Stack claims_desk"]


def test_they_run_again_when_code_or_backends_change_and_at_no_other_time(
    deploy: Deploy, world: World, reworded: PreparedCollection
) -> None:
    assert not changed(world, deploy("staging", runtime="docker", docker=DockerSettings()))
    edited = changed(world, deploy("staging", prepared=reworded, runtime="docker", docker=DockerSettings()))
    assert edited[TESTS] == {"image", "labels"}
    redis = DockerSettings(images={"redis": "valkey/valkey:8.1.1-alpine"})
    assert changed(world, deploy("staging", runtime="docker", docker=redis))[TESTS] == {"labels"}
    larger = changed(world, deploy("staging", runtime="docker", docker=DockerSettings(agent_memory_mb=512)))
    assert not {name for name in larger if "-tests" in name}


def test_a_failure_makes_the_next_up_run_them_once_more(deploy: Deploy, world: World, project: Project) -> None:
    subject = labels(world, "claims_desk-tests")["l9stack.tests"]
    kept = project.state / "preflight" / "staging" / f"{subject}.1.log"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("")
    try:
        seen = changed(world, deploy("staging", runtime="docker", docker=DockerSettings()))
    finally:
        kept.unlink()
    assert seen == {TESTS: {"envs"}}


Make = Callable[..., dict[str, Any]]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """What the gate makes of an exit code and a print."""
    (tmp_path / ".l9").mkdir()
    monkeypatch.setattr(PreflightProvider, "project", lambda _self: Project(tmp_path))

    def made(code: float, printed: str | Summary) -> dict[str, Any]:
        text = printed if isinstance(printed, str) else f"told before\n{json.dumps(asdict(printed))}\n"
        props = {"collection": "desk", "stack": "staging", "subject": "abc", "exit_code": code, "printed": text}
        return PreflightProvider().make(props)

    return made


def test_tests_that_passed_are_counted_and_what_is_odd_is_told(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    found = make(
        0.0, Summary(passed=7, skipped=1, seconds=2.5, left=["neo4j: Timeout"], again=["tests/x.py::test_late"])
    )
    assert found == {"tests": {"passed": 7, "failed": 0, "skipped": 1, "seconds": 2.5}}
    assert re.search("neo4j: Timeout", told[0]) and "tests/x.py::test_late passed only when it was run again" in told[1]


@pytest.mark.parametrize(
    ("code", "printed", "expected"),
    [
        (
            1.0,
            Summary(
                passed=3, failed=1, failures=[Failure("tests/a.py::test_sum", "tests/a.py", 12, "E   assert 1 == 2")]
            ),
            [
                "tests/a.py:12:1: preflight: test_sum failed\nE   assert 1 == 2",
                "1 of 4 generated tests failed beside the stack's backends",
                "agents run on as they are",
                "log: .l9/preflight/staging/abc.1.log",
            ],
        ),
        (3.0, Summary(reason="backends that do not answer: redis"), ["could not be run: backends that do not answer"]),
        (137.0, "half a li", ["ended early: out of memory, or killed\nhalf a li"]),
        (2.0, "", ["ended early: exit code 2\nit printed nothing"]),
        # A container that says yes without a summary has not run the tests.
        (0.0, "nothing of ours", ["ended early: exit code 0\nnothing of ours"]),
    ],
)
def test_tests_that_did_not_pass_stop_the_rollout(
    make: Make, tmp_path: Path, code: float, printed: str | Summary, expected: list[str]
) -> None:
    for attempt in (1, 2):
        with pytest.raises(GateError) as refused:
            make(code, printed)
        assert failures(Project(tmp_path), "staging", "abc") == attempt
        if attempt == 1:
            assert all(text in str(refused.value) for text in expected)
