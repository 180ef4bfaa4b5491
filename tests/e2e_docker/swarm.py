"""This machine's engine as a swarm of one node, and a small collection that runs on it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l9stack.agent.governance import _audit as audit
from tests.e2e.images.commands import docker
from tests.e2e.images.stack import stack_config
from tests.e2e_docker.project import OnDocker, in_swarm

HERE = Path(__file__).parent
REPLICAS = 3
AGENT = "teller-teller"
"""The service of the small collection's agent."""
SETTINGS = f"""\
  l9stack:settings: {{limits.rate: 1000000/minute}}
  l9stack:swarm:
    # A kernel without IPVS has neither virtual IPs nor the ingress network; everything else is as on a cluster.
    endpoint_mode: dnsrr
    publish: host
    backends: here
    replicas: {REPLICAS}
"""
SCHEMA = """\
system: Teller
module: examples
name: Teller
role: Answers with what it is told, and keeps it.
rootpath: L9/agents/teller
governance: {anchors: [Ada]}
memorytopology:
  workingmemory: {storagetype: redis}
  episodicmemory: {storagetype: postgres}
cursorinstructions:
  generatefiles: [controller.py]
  generatedocs: [README.md]
deployment:
  endpoints: [POST /teller/say]
"""
ANSWERS = """\
operations:
  teller.say:
    summary: Say it again.
    request:
      text: {type: string, min_length: 1, max_length: 40, example: hello}
    response:
      text: {type: string, min_length: 1, max_length: 40, example: hello}
    behaviour: echo
"""


@contextmanager
def a_swarm(address: str = "127.0.0.1") -> Iterator[None]:
    """The engine is in a swarm, known there by `address`; afterwards it is where it was, in another or in none."""
    if in_swarm():
        yield
        return
    docker("swarm", "init", "--advertise-addr", address)
    try:
        yield
    finally:
        docker("swarm", "leave", "--force")


def write_teller(root: Path) -> str:
    """The collection, below a project's root; the path by which the stack names it."""
    (root / "input_schemas" / "teller.yaml").write_text(SCHEMA)
    (root / "input_schemas" / "teller.answers.yaml").write_text(ANSWERS)
    return "input_schemas/teller.yaml"


@dataclass(frozen=True)
class OnSwarm:
    """The stack's part of the swarm."""

    project: OnDocker

    def service(self, name: str) -> dict[str, Any]:
        """What the engine says of a service, by the stack's name for it."""
        found: list[dict[str, Any]] = json.loads(docker("service", "inspect", self.project.named(name)))
        return found[0]

    def image(self, name: str) -> str:
        """The image that a service runs."""
        return str(self.service(name)["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"])

    def tasks(self, name: str) -> list[str]:
        """The containers of a service that run now."""
        label = f"label=com.docker.swarm.service.name={self.project.named(name)}"
        return docker("ps", "--quiet", "--filter", label, "--filter", "health=healthy").split()

    def inside(self, name: str, script: str) -> str:
        """What a shell prints in a container of a service."""
        return docker("exec", self.tasks(name)[0], "/bin/sh", "-c", script)

    def rows(self, query: str) -> list[list[str]]:
        """The rows of a query to the stack's Postgres."""
        collection = self.service_prefix
        told = f'PGPASSWORD="$(cat /run/l9/password)" psql -h 127.0.0.1 -U l9 -d l9 -AtF" " -c "{query}"'
        return [line.split(" ") for line in self.inside(f"{collection}-postgres", told).splitlines()]

    @property
    def service_prefix(self) -> str:
        """The collection, by which services are named."""
        return self.project.found("service")[0].split("-")[0]


@dataclass(frozen=True)
class Outcome:
    """What came of the packets: decision ids by trace id, what was never answered, and each kind of answer."""

    answered: Mapping[str, str]
    unanswered: list[str]
    counts: Mapping[str, int]


class Traffic:
    """A container in the agents' network that sends packets until its end, at most for ten minutes."""

    def __init__(self, swarm: OnSwarm, service: str, agent: str, operation: str, workers: int = 6) -> None:
        self._name = f"{swarm.project.named(service)}-traffic"
        networks = [name for name in swarm.project.found("network") if f"-agents-{swarm.project.stack}" in name]
        docker(
            *("run", "--detach", "--init", "--name", self._name, "--network", networks[0], "--user", "0:0"),
            *("--label", f"l9stack.stack={swarm.project.stack}"),
            *("--volume", f"{HERE / 'packets.py'}:/packets.py:ro"),
            *("--volume", f"{swarm.project.root / '.l9' / 'keys'}:/keys:ro"),
            swarm.image(service),
            *("python", "/packets.py", f"http://{agent}:8080", agent, operation, str(workers)),
        )

    def answered(self) -> int:
        """How many packets were answered so far."""
        return len(docker("logs", self._name).splitlines())

    def end(self) -> Outcome:
        """Let it come to its end, and read what it printed."""
        docker("stop", "--time", "90", self._name)
        *lines, last = docker("logs", self._name).splitlines()
        counted = json.loads(last)
        answered = {trace: decision for trace, _, decision in (line.partition(" ") for line in lines)}
        return Outcome(answered, counted["unanswered"], counted["counts"])

    def __enter__(self) -> Traffic:
        return self

    def __exit__(self, *_: object) -> None:
        docker("rm", "--force", self._name)


def configure(deployed: OnDocker, images: Mapping[str, str], path: str, **more: str) -> None:
    """The stack's file, with `more` for `l9stack:docker`; what the engine has added to it stays."""
    file = deployed.root / f"Pulumi.{deployed.stack}.yaml"
    salt = [line for line in file.read_text().splitlines() if line.startswith("encryptionsalt")]
    text = stack_config(images, runtime="swarm", collection=path, docker={"tests": "false", **more}) + SETTINGS
    file.write_text("\n".join([text.rstrip(), *salt, ""]))


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that has to hold in time."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.5)


def assert_kept(swarm: OnSwarm, answered: Mapping[str, str]) -> None:
    """Every packet that was answered is in the store, once, as the decision that the answer named."""
    assert answered
    rows = swarm.rows("SELECT trace_id, decision_id FROM decision_logs WHERE agent_id = 'teller'")
    stored = [(trace, decision) for trace, decision in rows if trace in answered]
    assert sorted(stored) == sorted(answered.items())


def chain(swarm: OnSwarm) -> list[str]:
    """The hashes of the agent's audit chain, of which each entry stands on the one before, whoever wrote it."""
    rows = swarm.rows(
        "SELECT position, previous, entry_hash FROM audit_log WHERE agent_id = 'teller' ORDER BY position"
    )
    before = audit.GENESIS
    for number, (position, previous, own) in enumerate(rows, start=1):
        assert (int(position), previous) == (number, before)
        before = own
    return [own for _, _, own in rows]
