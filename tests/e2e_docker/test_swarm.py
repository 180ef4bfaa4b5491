"""The example on a swarm of one node, with all its servers: tested where it runs, then three replicas of an agent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest

from tests.e2e.conftest import CLAIM
from tests.e2e.images.stack import stack_config
from tests.e2e_docker.conftest import closing
from tests.e2e_docker.project import COLLECTION, OnDocker, on_docker
from tests.e2e_docker.swarm import REPLICAS, SETTINGS, OnSwarm, a_swarm

pytestmark = pytest.mark.e2e
AGENTS = ("claim_intake", "coverage_check", "customer_notice", "damage_assessment", "settlement")
BACKENDS = ("archive", "neo4j", "postgres", "redis")
FOUND = (
    "set -a; . /run/l9/agent.env; python -c '"
    "import asyncio, json, os; from l9stack.agent._serving.main import from_environ; "
    'memory = from_environ(os.environ).runtime.memory; print(json.dumps(asyncio.run(memory.find("{trace}"))))\''
)
"""Asks every store of an agent, where the agent is."""


@pytest.fixture(scope="module")
def swarm(tmp_path_factory: pytest.TempPathFactory, test_images: Mapping[str, str]) -> Iterator[OnSwarm]:
    deployed = on_docker(tmp_path_factory.mktemp("project"), test_images, "swarm")
    servers = {name: image for name, image in test_images.items() if name not in ("prometheus", "grafana")}
    one_each = SETTINGS.replace(f"replicas: {REPLICAS}", f"replicas: 1\n    replicas_of: {{claim_intake: {REPLICAS}}}")
    text = stack_config(servers, runtime="swarm", collection=COLLECTION) + "  l9stack:monitoring: {servers: false}\n"
    (deployed.root / f"Pulumi.{deployed.stack}.yaml").write_text(text + one_each)
    with a_swarm():
        for project in closing(deployed):
            project.up()
            yield OnSwarm(project)


def test_every_agent_and_server_is_healthy_and_was_tested_before_traffic(swarm: OnSwarm) -> None:
    project: OnDocker = swarm.project
    told = project.data("health", "--stack", project.stack, "--wait")
    assert {part["name"]: part["health"] for part in (*told["agents"], *told["backends"])} == dict.fromkeys(
        (*AGENTS, *BACKENDS), "ok"
    )
    manifest = project.data("manifest", "--stack", project.stack)
    assert manifest["tests"]["passed"] > 0 and manifest["tests"]["failed"] == 0
    for agent in AGENTS:
        assert len(swarm.tasks(f"claims_desk-{agent}")) == (REPLICAS if agent == "claim_intake" else 1)
    assert project.previewed() == []


def test_a_packet_is_found_in_every_store_whichever_replica_took_it(swarm: OnSwarm) -> None:
    for number in range(REPLICAS):
        data = json.dumps({**CLAIM, "claim_id": f"C-{number}"})
        answer = swarm.project.data("call", "claim_intake.submit_claim", "--data", data, "--stack", swarm.project.stack)
        assert answer["status"] == 200, answer
        trace = answer["trace_id"]
        asked = swarm.inside("claims_desk-claim_intake", FOUND.format(trace=trace))
        layers = json.loads(asked.strip().splitlines()[-1])
        assert set(layers) == {"working", "episodic", "semantic", "causal", "archive"}
        assert all(layers.values()), layers
        who = swarm.rows(f"SELECT DISTINCT agent_id FROM audit_log WHERE trace_id = '{trace}'")
        # A peer is found by its name in the network, which stands for all of its tasks.
        assert {agent for (agent,) in who} == {"claim_intake", "coverage_check"}


def test_nobody_can_read_a_secret_by_what_the_engine_tells(swarm: OnSwarm) -> None:
    secrets = {
        swarm.inside(f"claims_desk-{name}", f"cat {path}").split()[-1].removeprefix("neo4j/")
        for name, path in (("postgres", "/run/l9/password"), ("neo4j", "/run/l9/auth"), ("archive", "/run/l9/secret"))
    }
    for service in swarm.project.found("service"):
        shown = json.dumps(swarm.service(service.removesuffix(f"-{swarm.project.stack}")))
        assert not [secret for secret in secrets if secret in shown]
