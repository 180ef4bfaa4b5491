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

from l9stack.agent.tested import Failure, Summary
from l9stack.errors import GateError
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
    secrets = [world[f"{name}-files"].secrets["uploads.0.content"] for name in (TESTS, "Container claims_desk-settlement")]
    urls = [dict(line.split("=", 1) for line in shlex.split(text)) for text in secrets]
    assert urls[0] == urls[1] and "word-of" not in json.dumps(dict(world[TESTS].inputs))


def test_no_agent_starts_or_is_replaced_before_they_have_passed(world: World, without: World) -> None:
    assert TESTS in world["PreflightGate claims_desk-tests-passed"].before_names()
    backends = {f"ContainerReady claims_desk-{name}-ready" for name in ("redis", "postgres", "neo4j", "archive")}
    assert backends | {"Baseline claims_desk-baseline"} <= world[TESTS].after
    for agent in AGENTS:
        assert "PreflightGate claims_desk-tests-passed" in world[f"Container claims_desk-{agent}"].after
    assert {key for key in without.resources} == {
        key for key in world.resources if "-tests" not in key[1]
    }
    assert world.outputs["Stack claims_desk"]["tests"]["passed"] == 9
    assert "tests" not in without.outputs["Stack claims_desk"]
