"""The exported folder, run by Compose itself: from nothing to healthy agents that answer, and back to nothing."""

from __future__ import annotations

import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import CLAIM
from tests.e2e.images.commands import FailedError, docker, run
from tests.e2e_docker.project import OnDocker, on_docker

AGENTS = ("claim-intake", "coverage-check", "customer-notice", "damage-assessment", "settlement")
BACKENDS = ("archive", "neo4j", "postgres", "redis")
HEALTHY_SECONDS = 300
ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Exported:
    """A project, the folder that was exported from it, and Compose in that folder."""

    project: OnDocker
    folder: Path
    command: tuple[str, ...]

    def compose(self, *arguments: str) -> str:
        # Images of these tests are on this engine alone: its own builder finds them, and no other one.
        builder = {"DOCKER_BUILDKIT": "0", "COMPOSE_DOCKER_CLI_BUILD": "0"}
        return run(*self.command, *arguments, folder=self.folder, environ=builder)

    def found(self, kind: str, form: str = "{{.Name}}") -> list[str]:
        label = f"label=com.docker.compose.project=claims_desk-{self.project.stack}"
        listed = docker(*kind.split(), *(("--all",) if kind == "ps" else ()), "--filter", label, "--format", form)
        return sorted(listed.split())

    def left(self) -> list[str]:
        return [*self.found("ps", "{{.Names}}"), *self.found("volume ls"), *self.found("network ls")]

    @property
    def services(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.folder / "compose.yaml").read_text())["services"]
        return found

    @property
    def built(self) -> list[str]:
        return sorted({service["image"] for service in self.services.values() if "build" in service})

    @property
    def probed(self) -> list[str]:
        return [name for name, service in self.services.items() if "healthcheck" in service]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, test_images: Mapping[str, str]) -> Iterator[Exported]:
    command = compose_command()
    project = on_docker(tmp_path_factory.mktemp("project"), test_images)
    folder = project.root / "exported"
    project.run("export", "compose", "--stack", project.stack, "--output", str(folder))
    found = Exported(project, folder, command)
    try:
        found.compose("up", "--detach")
        yield found
    finally:
        found.compose("down", "--volumes")
        docker("rmi", *found.built)
        assert not found.left()


def compose_command() -> tuple[str, ...]:
    try:
        docker("compose", "version")
    except FailedError:
        if shutil.which("docker-compose") is None:
            pytest.skip("neither `docker compose` nor docker-compose is here: apt-get install docker-compose")
        return ("docker-compose",)
    return "docker", "compose"


def test_every_agent_becomes_healthy_after_what_it_needs(exported: Exported):
    deadline = time.monotonic() + HEALTHY_SECONDS
    while set((health := exported.project.health()).values()) != {"healthy"} or len(health) < len(exported.probed):
        assert time.monotonic() < deadline, (health, exported.compose("logs", "--tail", "5"))
        time.sleep(0.5)
    began = {name: started(exported, name) for name in (*AGENTS, *BACKENDS)}
    assert max(began[name] for name in BACKENDS) < min(began[name] for name in AGENTS)
    assert began["claim-intake"] < began["damage-assessment"] < began["settlement"]


def started(exported: Exported, service: str) -> str:
    (container,) = exported.compose("ps", "--quiet", service).split()
    return docker("inspect", "--format", "{{.State.StartedAt}}", container).strip()


def test_an_agent_asks_another_one_and_remembers(exported: Exported):
    assert call(exported, "operations/submit_claim", CLAIM)["covered"] is True
    assert call(exported, "operations/claim_history", {"claim_id": "C-1001"})["count"] == 1
    assert set(call(exported, "ready")["backends"].values()) == {"ok"}


def call(exported: Exported, path: str, data: Mapping[str, Any] | None = None) -> Any:
    """What Claim Intake answers to a token that is made with the project's keys."""
    token = exported.project.run("token", "claim_intake", "--stack", exported.project.stack).stdout.strip()
    endpoint = exported.compose("port", "claim-intake", "8080").strip()
    request = urllib.request.Request(
        f"http://{endpoint}/{path}",
        data=json.dumps(data).encode() if data else None,
        headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            # A store or another agent was too slow for a moment: who calls an agent asks again.
            assert error.code == 503 and time.monotonic() < deadline, (error.code, error.read())
            time.sleep(1)


def test_a_container_reads_its_own_secrets_and_writes_nothing(exported: Exported):
    said = exported.compose("exec", "-T", "settlement", "/bin/sh", "-c", "id -u; ls /run/l9/keys; touch /x || echo no")
    uid, *keys, no = said.split()
    assert (uid, no) == ("65534", "no")
    assert [key.partition("-")[0] for key in keys] == ["agent_settlement"]


def test_exported_and_started_again_nothing_is_replaced_and_data_stays(exported: Exported):
    before = exported.found("ps", "{{.Names}}={{.ID}}")
    project = exported.project
    project.run("export", "compose", "--stack", project.stack, "--output", str(exported.folder))
    exported.compose("up", "--detach")
    assert exported.found("ps", "{{.Names}}={{.ID}}") == before
    exported.compose("down")
    assert exported.found("ps", "{{.Names}}") == []
    assert len(exported.found("volume ls")) >= len(BACKENDS)
    exported.compose("up", "--detach")
    test_every_agent_becomes_healthy_after_what_it_needs(exported)
    assert call(exported, "operations/claim_history", {"claim_id": "C-1001"})["count"] == 1
