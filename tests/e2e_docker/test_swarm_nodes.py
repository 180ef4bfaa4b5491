"""A swarm of two nodes: images by a registry, one agent on both of them, and a node that is lost under load."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest

from tests.e2e.images.commands import docker
from tests.e2e_docker.conftest import closing
from tests.e2e_docker.nodes import Node, a_node, inside, lacking
from tests.e2e_docker.project import OnDocker, in_swarm, on_docker
from tests.e2e_docker.registry import a_registry
from tests.e2e_docker.swarm import (
    AGENT,
    REPLICAS,
    OnSwarm,
    Traffic,
    a_swarm,
    assert_kept,
    chain,
    configure,
    until,
    write_teller,
)

pytestmark = pytest.mark.e2e
SCHEMA = "input_schemas/teller.yaml"


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """The other node of the swarm, of which this machine's engine is the manager."""
    if missing := lacking():
        pytest.skip("; ".join(missing))
    if in_swarm():
        pytest.skip("the engine is in a swarm already, which another node of a test's has no business in")
    with a_node() as node, a_swarm(node.here):
        token = docker("swarm", "join-token", "--quiet", "worker").strip()
        node.docker("swarm", "join", "--token", token, f"{node.here}:2377")
        yield node
        node.docker("swarm", "leave")


@pytest.fixture(scope="module")
def small(node: Node, tmp_path_factory: pytest.TempPathFactory, test_images: Mapping[str, str]) -> Iterator[OnDocker]:
    deployed = on_docker(tmp_path_factory.mktemp("project"), test_images, "swarm")
    write_teller(deployed.root)
    configure(deployed, test_images, SCHEMA)
    yield from closing(deployed)
    assert node.docker("ps", "--all", "--quiet") == node.docker("volume", "ls", "--quiet") == ""
    assert deployed.stack not in node.docker("network", "ls", "--format", "{{.Name}}")


@pytest.fixture(scope="module")
def swarm(
    small: OnDocker, node: Node, test_images: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OnSwarm]:
    """Deployed from a registry that listens on the loopback of either node, with the same images."""
    with a_registry(tmp_path_factory.mktemp("registry"), inside(node, [])) as registry:
        configure(small, test_images, SCHEMA, registry=f"{{server: {registry}/desk}}")
        small.up()
        yield OnSwarm(small)


def places(swarm: OnSwarm, name: str) -> list[str]:
    """The node of each task of a service that runs."""
    shown = docker(
        "service", "ps", swarm.project.named(name), "--filter", "desired-state=running", "--format", "{{json .}}"
    )
    tasks = [json.loads(line) for line in shown.splitlines()]
    return sorted(task["Node"] for task in tasks if task["CurrentState"].startswith("Running"))


def test_several_nodes_are_refused_without_a_registry(small: OnDocker, node: Node) -> None:
    refused = small.run("up", "--stack", small.stack, expect=None)
    assert refused.returncode and "the swarm has 2 nodes" in refused.stderr
    assert node.name in refused.stderr and "l9stack:docker.registry" in refused.stderr


def test_replicas_on_both_nodes_are_one_agent_and_data_stays_where_it_was_put(swarm: OnSwarm, node: Node) -> None:
    assert len(places(swarm, AGENT)) == REPLICAS and len(set(places(swarm, AGENT))) == 2
    for service in ("teller-redis", "teller-postgres"):
        (kept,) = places(swarm, service)
        assert kept != node.name
    with Traffic(swarm, AGENT, "teller", "say") as traffic:
        until(lambda: traffic.answered() >= 300, 120)
        outcome = traffic.end()
    assert set(outcome.counts) == {"200"}
    assert_kept(swarm, outcome.answered)
    assert len(chain(swarm)) >= len(outcome.answered)
    assert swarm.project.previewed() == []


def test_a_node_that_is_lost_under_load_loses_no_accepted_packet(swarm: OnSwarm, node: Node) -> None:
    with Traffic(swarm, AGENT, "teller", "say") as traffic:
        until(lambda: traffic.answered() > 100)
        node.cut()
        try:
            until(lambda: node.name not in places(swarm, AGENT), 120)
            assert f"update {AGENT}-tasks" in swarm.project.previewed()
            until(lambda: len(places(swarm, AGENT)) == REPLICAS, 120)
            meanwhile = traffic.answered()
            until(lambda: traffic.answered() > meanwhile + 100)
        finally:
            node.mend()
        outcome = traffic.end()
    assert outcome.unanswered == []
    assert_kept(swarm, outcome.answered)
    until(lambda: len(places(swarm, AGENT)) == REPLICAS, 120)
    swarm.project.up()
    assert swarm.project.previewed() == []
