"""A whole stack on an engine that is reached by ssh, or by TLS, alone: up, calls, drift, logs, the end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from tests.e2e.images.commands import docker
from tests.e2e_docker.conftest import closing
from tests.e2e_docker.project import COLLECTION, OnDocker, on_docker
from tests.e2e_docker.ssh import Elsewhere, elsewhere, lacking
from tests.e2e_docker.swarm import write_teller
from tests.e2e_docker.tls import ByTls, by_tls

pytestmark = pytest.mark.e2e
AGENT = "teller-teller"


@pytest.fixture(scope="module", params=["ssh", "tls"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere | ByTls]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "tls":
        with by_tls(folder) as host:
            yield host
        return
    if missing := lacking():
        pytest.skip("; ".join(missing))
    with elsewhere(folder) as host:
        yield host


@pytest.fixture(scope="module")
def stack(
    host: Elsewhere | ByTls, tmp_path_factory: pytest.TempPathFactory, test_images: Mapping[str, str]
) -> Iterator[OnDocker]:
    """Of no engine but that one: this machine's own socket is a wrong one to every command."""
    made = on_docker(tmp_path_factory.mktemp("project"), test_images)
    nowhere = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
    deployed = replace(made, environ={**made.environ, **host.environ, **nowhere})
    file = deployed.root / f"Pulumi.{deployed.stack}.yaml"
    mine = file.read_text().replace(COLLECTION, write_teller(deployed.root))
    file.write_text(f"{mine.rstrip()}\n  docker:host: {host.host}\n")
    yield from closing(deployed)


def test_it_is_deployed_and_tested_where_the_engine_is(stack: OnDocker, host: Elsewhere | ByTls) -> None:
    stack.up()
    assert host.sessions() > 0
    assert set(stack.health().values()) == {"healthy"} and len(stack.health()) == 5
    counts = json.loads(stack.pulumi("stack", "output", "--json", "--stack", stack.stack))["tests"]
    assert counts["passed"] >= 3 and counts["failed"] == 0
    said = stack.data("call", "teller.say", "--data", '{"text": "hello"}', "--stack", stack.stack)
    assert (said["status"], said["body"]["text"]) == (200, "hello")


def test_what_is_there_is_told_from_here(stack: OnDocker) -> None:
    assert stack.previewed() == []
    told = stack.data("status", "--stack", stack.stack)
    assert {part["health"] for part in (*told["agents"], *told["backends"])} == {"ok"}
    assert any("say" in json.dumps(line) for line in stack.data("logs", "teller", "--stack", stack.stack))


def test_a_container_that_was_removed_there_is_named_and_made_again(stack: OnDocker) -> None:
    docker("rm", "--force", stack.named(AGENT))
    assert f"create {AGENT}" in stack.previewed()
    assert stack.run("status", "--stack", stack.stack, expect=6).stdout.count("missing") == 1
    stack.up()
    assert stack.previewed() == []
