"""The whole stack of the example on the swarm runtime: what each child tells the engine."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from l9stack.infra.settings import DockerSettings, SwarmSettings
from l9stack.infra.settings.image_registry import Registry
from tests.component.conftest import Deploy
from tests.component.recording import SECRET, Recorded, World
from tests.component.test_docker_runtime import AGENTS, BACKENDS, HARD, SERVING

LABELS = [
    {"label": "l9stack.collection", "value": "claims_desk"},
    {"label": "l9stack.stack", "value": "prod"},
]
QUIET = DockerSettings(tests=False)


@pytest.fixture(scope="module")
def world(deploy: Deploy) -> World:
    return deploy("prod", runtime="swarm", docker=QUIET)


def service(world: World, name: str) -> Recorded:
    return world[f"Service claims_desk-{name}"]


def task(world: World, name: str) -> dict[str, Any]:
    return dict(service(world, name).inputs["taskSpec"])


def container(world: World, name: str) -> dict[str, Any]:
    return dict(task(world, name)["containerSpec"])


def test_a_stack_has_exactly_these_services_networks_volumes_secrets_and_configs(world: World) -> None:
    names = world.names()
    assert names["Service"] == {name for name in SERVING if "prometheus" not in name}
    assert names["SwarmService"] == {f"{name}-tasks" for name in SERVING}
    assert names["SwarmCluster"] == {"claims_desk-cluster"}
    assert names["Network"] == {"claims_desk-backends", "claims_desk-agents"}
    assert names["Volume"] == {f"claims_desk-{name}-data" for name in BACKENDS} | {"claims_desk-neo4j-conf"}
    assert names["Secret"] == {f"claims_desk-{name}-{name}" for name in BACKENDS} | {
        f"claims_desk-{agent}-{kind}" for agent in AGENTS for kind in ("environment", "key")
    }
    assert names["ServiceConfig"] == {"claims_desk-config", "claims_desk-public-keys"}
    # A service whose image does not give its data folder away needs one container that does.
    assert names["Container"] == {"claims_desk-archive-files"}
    passwords = {f"claims_desk-{name}-password" for name in BACKENDS}
    assert {*passwords, "claims_desk-seal"} <= names["Password"]
    for name in (*BACKENDS, *AGENTS):
        owner = "Backends claims_desk-backends" if name in BACKENDS else "Agents claims_desk-agents"
        assert service(world, name).parent == owner
        assert world[f"SwarmService claims_desk-{name}-tasks"].parent == owner


def test_networks_are_encrypted_overlays_and_that_of_the_backends_has_no_way_out(world: World) -> None:
    for kind in ("backends", "agents"):
        assert world[f"Network claims_desk-{kind}"].inputs == {
            "name": f"claims_desk-{kind}-prod",
            "driver": "overlay",
            "attachable": True,
            "internal": kind == "backends",
            "options": {"encrypted": ""},
            "labels": LABELS,
        }
    for name in BACKENDS:
        (network,) = task(world, name)["networksAdvanceds"]
        assert network == {"id": "id-of-claims_desk-backends", "aliases": [name]}
        assert service(world, name).inputs["endpointSpec"] == {"mode": "vip"}
    for agent in AGENTS:
        assert task(world, agent)["networksAdvanceds"] == [
            {"id": f"id-of-claims_desk-{kind}", "aliases": [agent.replace("_", "-")]} for kind in ("backends", "agents")
        ]


def test_a_network_without_encryption_has_another_name_for_one_in_use_cannot_be_replaced(deploy: Deploy) -> None:
    plain = deploy("prod", runtime="swarm", docker=QUIET, swarm=SwarmSettings(encrypted=False))
    inputs = plain["Network claims_desk-backends"].inputs
    assert inputs["name"] == "claims_desk-backends-prod-plain" and "options" not in inputs


def test_tasks_are_confined(world: World) -> None:
    for name in (*BACKENDS, *AGENTS):
        spec, runs = task(world, name), container(world, name)
        image, user, memory, _ = BACKENDS.get(name, ("", "65534:65534", 256, ""))
        assert runs["user"] == user
        assert (runs["readOnly"], runs["init"], runs["capDrops"]) == (True, True, ["ALL"])
        assert spec["resources"] == {"limits": {"memoryBytes": memory << 20}}
        assert spec["logDriver"] == {"name": "json-file", "options": {"max-size": "10m", "max-file": "3"}}
        assert spec["restartPolicy"] == {"condition": "any", "delay": "5s", "window": "0s"}
        assert (
            "privileges" not in runs and "capAdds" not in runs and "convergeConfig" not in service(world, name).inputs
        )
        if name in BACKENDS:
            assert runs["image"] == image


def test_agents_have_replicas_that_are_replaced_before_they_are_stopped_and_taken_back_where_they_fail(
    world: World,
) -> None:
    for name in (*BACKENDS, *AGENTS):
        inputs = service(world, name).inputs
        order = "stop-first" if name in BACKENDS else "start-first"
        common = {"parallelism": 1, "order": order, "monitor": "30s", "maxFailureRatio": "0.0"}
        assert inputs["mode"] == {"replicated": {"replicas": 1 if name in BACKENDS else 2}}
        assert inputs["updateConfig"] == common | {"failureAction": "rollback"}
        assert inputs["rollbackConfig"] == common | {"failureAction": "pause"}
        health = container(world, name)["healthcheck"]
        assert health["tests"][0] == "CMD-SHELL"
        assert {key: health[key] for key in ("interval", "timeout", "retries")} == {
            "interval": "5s",
            "timeout": "5s",
            "retries": 4,
        }
        assert re.fullmatch(r"\d+m", health["startPeriod"])  # as the provider reads it back: "2m0s" would be a change


def test_an_agent_may_finish_what_it_has_accepted_before_it_is_killed(world: World) -> None:
    for agent in AGENTS:
        runs = container(world, agent)
        minutes, seconds = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", runs["stopGracePeriod"]).groups()  # type: ignore[union-attr]
        assert int(minutes or 0) * 60 + int(seconds or 0) == int(runs["env"]["L9_DRAIN_SECONDS"]) + 10
        assert runs["env"]["L9_REPLICA"] == "{{.Task.Slot}}"


def test_replicas_placement_and_publishing_are_settings(deploy: Deploy) -> None:
    swarm = SwarmSettings(
        replicas=3,
        replicas_of={"settlement": 5},
        endpoint_mode="dnsrr",
        publish="host",
        placement=("node.role == worker",),
    )
    world = deploy("prod", runtime="swarm", docker=QUIET, swarm=swarm)
    for agent in AGENTS:
        inputs, asked = service(world, agent).inputs, world[f"SwarmService claims_desk-{agent}-tasks"].inputs
        replicas = 5 if agent == "settlement" else 3
        assert inputs["mode"] == {"replicated": {"replicas": replicas}}
        assert asked["replicas"] == replicas
        # Each task has a port of its own: several replicas may be on one node.
        assert inputs["endpointSpec"] == {"mode": "dnsrr", "ports": [{"targetPort": 8080, "publishMode": "host"}]}
        assert asked["address"] == ""
        assert inputs["taskSpec"]["placement"] == {"constraints": ["node.role == worker"]}
    for name in BACKENDS:
        assert task(world, name)["placement"] == {"constraints": ["node.id == node-1"]}
        assert service(world, name).inputs["endpointSpec"] == {"mode": "dnsrr"}


def test_by_default_agents_are_published_on_every_node_and_backends_stay_with_their_data(world: World) -> None:
    ports = set()
    for agent in AGENTS:
        (port,) = service(world, agent).inputs["endpointSpec"]["ports"]
        assert port == {"targetPort": 8080, "publishedPort": port["publishedPort"], "publishMode": "ingress"}
        address = f"http://127.0.0.1:{port['publishedPort']}"
        assert world[f"SwarmService claims_desk-{agent}-tasks"].inputs["address"] == address
        assert "placement" not in task(world, agent)
        ports.add(port["publishedPort"])
    assert len(ports) == len(AGENTS)
    for name, (_, _, _, folder) in BACKENDS.items():
        assert task(world, name)["placement"] == {"constraints": ["node.id == node-1"]}
        volumes = {item["target"]: item["source"] for item in container(world, name)["mounts"] if "source" in item}
        assert volumes[folder] == f"claims_desk-{name}-data-prod"


def test_where_nothing_is_published_the_engine_says_how_agents_are(deploy: Deploy) -> None:
    world = deploy("prod", runtime="swarm", docker=QUIET, swarm=SwarmSettings(publish="none"))
    assert "HealthCheck" not in world.names()
    assert "ports" not in service(world, "settlement").inputs["endpointSpec"]
    assert world["SwarmService claims_desk-settlement-tasks"].inputs["address"] == "http://settlement:8080"


def test_files_are_secrets_and_configs_that_only_their_readers_can_read(world: World) -> None:
    for name in BACKENDS:
        (secret,) = container(world, name)["secrets"]
        owner, group = BACKENDS[name][1].split(":")
        assert (secret["fileUid"], secret["fileGid"], secret["fileMode"]) == (owner, group, 0o400)
        assert secret["secretId"] == f"id-of-claims_desk-{name}-{name}"
    for agent in AGENTS:
        runs = container(world, agent)
        files = {secret["fileName"]: secret for secret in runs["secrets"]}
        key = next(path for path in files if path.startswith("/run/l9/keys/"))
        assert set(files) == {"/run/l9/agent.env", key}
        assert all((file["fileUid"], file["fileMode"]) == ("65534", 0o400) for file in files.values())
        assert {config["fileName"]: config["fileMode"] for config in runs["configs"]} == {
            "/run/l9/config.yaml": 0o444,
            "/run/trust/trusted.json": 0o444,
        }
        told = world[f"Secret claims_desk-{agent}-environment"]
        assert told.inputs["data"] == SECRET
        assert "word-of-claims_desk-redis-password" in base64.b64decode(told.secrets["data"]).decode()
        assert not [value for value in runs["env"].values() if "word-of" in value]


def test_the_name_of_a_secret_tells_its_content_from_the_next_and_nothing_else(world: World, deploy: Deploy) -> None:
    name = "Secret claims_desk-settlement-environment"
    again = deploy("prod", runtime="swarm", docker=QUIET)
    elsewhere = deploy(
        "prod", runtime="swarm", docker=QUIET, backends={"redis": "redis://:other@redis.example.com:6379/0"}
    )
    first, same, other = (str(each[name].inputs["name"]) for each in (world, again, elsewhere))
    assert first == same != other
    assert re.fullmatch(r"claims_desk-settlement-environment-prod-[0-9a-f]{12}", first)
    assert all(len(str(found.inputs["name"])) <= 64 for found in world.of("Secret").values())


def test_what_depends_on_a_service_waits_until_its_tasks_are_healthy(world: World) -> None:
    for agent in AGENTS:
        before = world.before(f"Service claims_desk-{agent}")
        assert {f"SwarmService claims_desk-{name}-tasks" for name in (*BACKENDS, *HARD.get(agent, ()))} <= before
        assert world[f"SwarmService claims_desk-{agent}-tasks"].after >= {f"Service claims_desk-{agent}"}
    assert "SwarmCluster claims_desk-cluster" in world.before("Service claims_desk-redis")


def test_one_edited_schema_rolls_one_agent(deploy: Deploy, world: World, reworded: Any) -> None:
    after = deploy("prod", reworded, runtime="swarm", docker=QUIET)
    rolled = {
        name.removeprefix("claims_desk-")
        for name, found in after.of("Service").items()
        if found.inputs["taskSpec"] != world.of("Service")[name].inputs["taskSpec"]
    }
    assert len(rolled) == 1
    (agent,) = rolled
    tasks = f"SwarmService claims_desk-{agent}-tasks"
    assert after[tasks].inputs["revision"] != world[tasks].inputs["revision"]


def test_with_a_registry_images_are_run_by_digest(deploy: Deploy) -> None:
    settings = DockerSettings(tests=False, registry=Registry("registry.example.com/team", "robot", "s3cret"))
    world = deploy("prod", runtime="swarm", docker=settings)
    assert world["SwarmCluster claims_desk-cluster"].inputs["registry"] is True
    image = world["Image claims_desk-settlement-image"]
    assert image.inputs["skipPush"] is False
    assert world.before("Service claims_desk-settlement") >= {"Image claims_desk-settlement-image"}
    # Nodes that never logged in pull with what the service was given.
    login = service(world, "settlement").inputs["auth"]
    assert login == {"serverAddress": "registry.example.com", "username": "robot", "password": SECRET}
    assert "auth" not in service(world, "redis").inputs


@pytest.mark.parametrize("runtime", ["docker", "swarm"])
def test_nothing_of_a_stack_is_made_before_its_names_are_claimed(deploy: Deploy, runtime: str) -> None:
    world = deploy("prod", runtime=runtime, docker=DockerSettings())
    for kind in ("Volume", "Network"):
        for name in world.of(kind):
            assert "EngineClaim claims_desk-engine" in world.before(f"{kind} {name}"), name
