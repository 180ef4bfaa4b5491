"""The whole stack of the example on the docker runtime: what each child tells the engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from l9stack.infra.settings import DockerSettings
from tests.component.conftest import Deploy
from tests.component.recording import SECRET, World

AGENTS = ("claim_intake", "coverage_check", "customer_notice", "damage_assessment", "settlement")
HARD = {"damage_assessment": {"claim_intake"}, "settlement": {"coverage_check", "damage_assessment"}}
BACKENDS = {
    "redis": ("redis:7.4.8-alpine", "999:1000", 256, "/data"),
    "postgres": ("pgvector/pgvector:0.8.2-pg17", "999:999", 512, "/var/lib/postgresql/data"),
    "neo4j": ("neo4j:5.26.14-community", "7474:7474", 1536, "/data"),
    "archive": ("versity/versitygw:v1.8.0", "65534:65534", 256, "/data"),
}
SERVING = {f"claims_desk-{name}" for name in (*BACKENDS, *AGENTS)}
BRINGING = {f"{name}-files" for name in SERVING} | {"claims_desk-trust"}
LABELS = [
    {"label": "l9stack.collection", "value": "claims_desk"},
    {"label": "l9stack.stack", "value": "staging"},
]


@pytest.fixture(scope="module")
def world(deploy: Deploy) -> World:
    return deploy("staging", runtime="docker")


def labels(world: World, name: str) -> dict[str, str]:
    return {item["label"]: item["value"] for item in world[f"Container {name}"].inputs["labels"]}


def test_what_the_default_images_hold_is_what_servers_of_tests_are_made_from() -> None:
    """Of those two that come at any version; the others are as Debian has them."""
    made = Path(__file__).parents[1] / "e2e" / "images"
    (module,) = re.findall(r"versity/versitygw (\S+)", (made / "archive" / "go.mod").read_text())
    (jars,) = re.findall(
        r"<artifactId>neo4j</artifactId>\s*<version>(.*)</version>", (made / "neo4j" / "pom.xml").read_text()
    )
    assert BACKENDS["archive"][0] == f"versity/versitygw:{module}"
    assert BACKENDS["neo4j"][0] == f"neo4j:{jars}-community"


def test_a_stack_has_exactly_these_containers_volumes_networks_and_images(world: World) -> None:
    names = world.names()
    assert names["Container"] == SERVING | BRINGING
    volumes = {f"claims_desk-{name}-data" for name in BACKENDS} | {"claims_desk-neo4j-conf"} | BRINGING
    assert names["Volume"] == volumes
    assert names["Network"] == {"claims_desk-backends", "claims_desk-agents"}
    assert names["RemoteImage"] == {f"claims_desk-{name}-image" for name in BACKENDS}
    own = {"claims_desk-agent-base", "claims_desk-own-image"}
    assert names["Image"] == {f"claims_desk-{agent}-image" for agent in AGENTS} | own
    assert names["Password"] == {f"claims_desk-{name}-password" for name in BACKENDS} | {"claims_desk-seal"}
    assert names["ContainerReady"] == {f"{name}-ready" for name in SERVING}
    assert "Service" not in names and "Agent" not in names
    for name in BACKENDS:
        assert world[f"Container claims_desk-{name}"].parent == "Backends claims_desk-backends"
    for agent in AGENTS:
        assert world[f"Container claims_desk-{agent}"].parent == "Agents claims_desk-agents"


def test_backends_have_no_way_out_and_no_published_port_and_agents_listen_on_loopback(world: World) -> None:
    network = {"driver": "bridge", "labels": LABELS}
    assert world["Network claims_desk-backends"].inputs == network | {
        "name": "claims_desk-backends-staging",
        "internal": True,
    }
    assert world["Network claims_desk-agents"].inputs == network | {
        "name": "claims_desk-agents-staging",
        "internal": False,
    }
    for name in BACKENDS:
        inputs = world[f"Container claims_desk-{name}"].inputs
        assert inputs["networksAdvanced"] == [{"name": "claims_desk-backends-staging", "aliases": [name]}]
        assert not {"ports", "publishAllPorts", "networkMode"} & inputs.keys()
    published = set()
    for agent in AGENTS:
        inputs, alias = world[f"Container claims_desk-{agent}"].inputs, [agent.replace("_", "-")]
        assert inputs["networksAdvanced"] == [
            {"name": f"claims_desk-{name}-staging", "aliases": alias} for name in ("backends", "agents")
        ]
        (port,) = inputs["ports"]
        assert port == {"internal": 8080, "external": port["external"], "ip": "127.0.0.1"}
        assert 18080 <= port["external"] < 19100
        assert (
            world[f"HealthCheck claims_desk-{agent}-health"].inputs["endpoint"]
            == f"http://127.0.0.1:{port['external']}"
        )
        published.add(port["external"])
    assert len(published) == len(AGENTS)
    for name in BRINGING:
        inputs = world[f"Container {name}"].inputs
        assert inputs["networkMode"] == "none" and not {"ports", "networksAdvanced"} & inputs.keys()


def test_containers_that_serve_are_confined(world: World) -> None:
    for name in SERVING:
        inputs = world[f"Container {name}"].inputs
        backend = BACKENDS.get(name.removeprefix("claims_desk-"))
        memory = backend[2] if backend else 256
        expected = {
            "name": f"{name}-staging",
            "readOnly": True,
            "user": backend[1] if backend else "65534:65534",
            "capabilities": {"drops": ["ALL"]},
            "securityOpts": ["no-new-privileges:true"],
            "memory": memory,
            "memorySwap": memory,
            "restart": "unless-stopped",
            "logDriver": "json-file",
            "logOpts": {"max-size": "10m", "max-file": "3"},
            "init": True,
            "mustRun": True,
            # Whoever is told to end without a time is killed at once.
            "destroyGraceSeconds": inputs["stopTimeout"],
        }
        assert {key: inputs.get(key) for key in expected} == expected
        assert inputs["stopTimeout"] >= (30 if backend else 10)
        # The provider's own wait tells no reason, and knows nothing of a container that is started again.
        assert "wait" not in inputs
        # The engine refuses uploads into a read-only root.
        assert "uploads" not in inputs and "privileged" not in inputs
        assert all("nosuid" in options and "nodev" in options for options in inputs["tmpfs"].values())


def test_files_are_brought_by_containers_that_end_and_cannot_reach_anything(world: World) -> None:
    for name in BRINGING:
        inputs = world[f"Container {name}"].inputs
        serving = name.removesuffix("-files").removeprefix("claims_desk-")
        backend = BACKENDS.get(serving)
        folder = "/run/trust" if serving == "trust" else "/run/l9"
        expected = {
            "name": f"{name}-staging",
            "user": "0:0",
            "capabilities": {"adds": ["CAP_CHOWN"], "drops": ["ALL"]},
            "securityOpts": ["no-new-privileges:true"],
            "restart": "no",
            "mustRun": False,
            "attach": True,
            "memory": 64,
            "memorySwap": 64,
            "entrypoints": ["/bin/sh", "-c"],
            "command": [
                f"chown -R {backend[1] if backend else '65534:65534'} {folder}"
                + (" /data" if serving == "archive" else "")
            ],
            "labels": LABELS,
        }
        assert {key: inputs.get(key) for key in expected} == expected
        mounts = {mount["target"]: mount["source"] for mount in inputs["mounts"]}
        assert mounts.pop(folder) == f"{name}-staging"
        assert mounts == ({"/data": "claims_desk-archive-data-staging"} if serving == "archive" else {})
        assert inputs["uploads"] and all(upload["file"].startswith(f"{folder}/") for upload in inputs["uploads"])


def test_backends_have_versioned_images_volumes_and_a_health_check(world: World) -> None:
    for name, (image, _, _, data) in BACKENDS.items():
        inputs = world[f"Container claims_desk-{name}"].inputs
        assert world[f"RemoteImage claims_desk-{name}-image"].inputs == {"name": image, "keepLocally": True}
        assert inputs["image"] == f"sha256:{image}"
        mounts = {mount["target"]: (mount["source"], mount["readOnly"]) for mount in inputs["mounts"]}
        kept = {"/var/lib/neo4j/conf": ("claims_desk-neo4j-conf-staging", False)} if name == "neo4j" else {}
        assert mounts == kept | {
            data: (f"claims_desk-{name}-data-staging", False),
            "/run/l9": (f"claims_desk-{name}-files-staging", True),
        }
        kind, probe = inputs["healthcheck"]["tests"]
        start = "5m0s" if name == "neo4j" else "3m0s"
        timing = {"interval": "1s", "timeout": "20s", "retries": 4, "startPeriod": start}
        assert inputs["healthcheck"] == timing | {"tests": [kind, probe]} and kind == "CMD-SHELL"
        assert subprocess.run(["sh", "-nc", probe], check=False).returncode == 0
        assert not set(mounts) & inputs["tmpfs"].keys()
        assert labels(world, f"claims_desk-{name}") == {
            "l9stack.collection": "claims_desk",
            "l9stack.stack": "staging",
            "l9stack.service": name,
            "l9stack.files": labels(world, f"claims_desk-{name}")["l9stack.files"],
        }


def test_image_names_are_the_stack_configs(deploy: Deploy) -> None:
    images = {"redis": "valkey/valkey:8.1.1-alpine", "agent": "registry.example.com/l9stack:1.2.3"}
    world = deploy("staging", runtime="docker", docker=DockerSettings(images=images, agent_memory_mb=512))
    assert world["RemoteImage claims_desk-redis-image"].inputs["name"] == images["redis"]
    assert world["RemoteImage claims_desk-postgres-image"].inputs["name"] == BACKENDS["postgres"][0]
    assert world["RemoteImage claims_desk-agent-base"].inputs["name"] == images["agent"]
    assert world["Image claims_desk-settlement-image"].inputs["build"]["args"] == {
        "BASE": f"{images['agent']}@sha256:1"
    }
    assert world["Container claims_desk-settlement"].inputs["memory"] == 512


def test_no_password_is_anywhere_but_in_secret_files(world: World) -> None:
    words = {name: f"word-of-claims_desk-{name}-password" for name in BACKENDS}
    for found in world.resources.values():
        assert not re.search("word-of-(?!$)", json.dumps(found.inputs)), found.name
        assert not set(found.secrets) - {"uploads.0.content"}, found.name
    files = {
        "redis": f"requirepass {words['redis']}\nappendonly yes\nmaxmemory-policy noeviction\n",
        "postgres": words["postgres"],
        "neo4j": f"neo4j/{words['neo4j']}",
        "archive": words["archive"],
    }
    paths = {"redis": "redis.conf", "postgres": "password", "neo4j": "auth", "archive": "secret"}
    for name, content in files.items():
        found = world[f"Container claims_desk-{name}-files"]
        assert found.inputs["uploads"] == [{"file": f"/run/l9/{paths[name]}", "content": SECRET, "permissions": "0400"}]
        assert found.secrets == {"uploads.0.content": content}
        assert world[f"Password claims_desk-{name}-password"].secret_outputs == {"value"}


def test_agents_are_told_their_backends_by_a_file_that_a_shell_reads(world: World) -> None:
    for agent in AGENTS:
        text = world[f"Container claims_desk-{agent}-files"].secrets["uploads.0.content"]
        assert dict(line.split("=", 1) for line in shlex.split(text)) == {
            "AWS_SECRET_ACCESS_KEY": "word-of-claims_desk-archive-password",
            "L9_ARCHIVE_BUCKET": "s3://l9stack",
            "L9_HYPERGRAPH_URL": "postgresql://l9:word-of-claims_desk-postgres-password@postgres:5432/l9",
            "L9_NEO4J_URL": "bolt://neo4j:word-of-claims_desk-neo4j-password@neo4j:7687/neo4j",
            "L9_POSTGRES_URL": "postgresql://l9:word-of-claims_desk-postgres-password@postgres:5432/l9",
            "L9_REDIS_URL": "redis://:word-of-claims_desk-redis-password@redis:6379/0",
        }


def test_containers_come_after_whom_they_need_is_healthy(world: World) -> None:
    ready = {f"ContainerReady claims_desk-{name}-ready" for name in BACKENDS}
    for name in SERVING:
        found = world[f"ContainerReady {name}-ready"]
        assert found.after >= {f"Container {name}"}
        assert (found.inputs["container"], found.inputs["container_id"]) == (f"{name}-staging", f"id-of-{name}")
        # It is told apart by what it was brought: those who brought it may be cleaned away.
        assert f"Container {name}-files" in world[f"Container {name}"].after
        assert f"Container {name}-files" not in world[f"Container {name}"].by_property["labels"]
    for agent in AGENTS:
        found = world[f"Container claims_desk-{agent}"]
        assert {
            item for item in found.after if item.startswith(("Container", "Baseline", "UnifiedConfig"))
        } == ready | {
            "Baseline claims_desk-baseline",
            "UnifiedConfig claims_desk-config",
            "Container claims_desk-trust",
            f"Container claims_desk-{agent}-files",
            *(f"ContainerReady claims_desk-{other}-ready" for other in HARD.get(agent, ())),
        }
        # It carries the config's file, which is written by then.
        assert "UnifiedConfig claims_desk-config" in world[f"Container claims_desk-{agent}-files"].after
        health = world[f"HealthCheck claims_desk-{agent}-health"]
        assert health.after == {f"ContainerReady claims_desk-{agent}-ready"}
    assert world["Baseline claims_desk-baseline"].after == ready


def test_nothing_is_made_before_the_names_are_claimed(world: World) -> None:
    claim = world["EngineClaim claims_desk-engine"]
    assert claim.inputs == {"collection": "claims_desk", "stack": "staging", "host": ""} and not claim.after
    for kind in ("Volume", "Network"):
        for found in world.of(kind).values():
            assert "EngineClaim claims_desk-engine" in found.after
    for name, found in world.of("Container").items():
        assert "EngineClaim claims_desk-engine" in world.before(f"Container {name}"), found


def test_volumes_with_data_are_told_from_those_that_can_be_made_again(world: World) -> None:
    keeping = {name for name, found in world.of("Volume").items() if "l9stack.data" in str(found.inputs["labels"])}
    assert keeping == {f"claims_desk-{name}-data" for name in BACKENDS}


def test_a_probe_waits_once_it_has_succeeded(world: World, tmp_path: Path) -> None:
    _, probe = world["Container claims_desk-settlement"].inputs["healthcheck"]["tests"]
    own = probe[probe.index("{ ") + 2 : probe.index("; }")]
    told = probe.replace("/tmp/", f"{tmp_path}/").replace(own, '[ -e "$UP" ]').replace("sleep ", "echo slept ")
    said = []
    for up in (False, True, True, False):
        (tmp_path / "up").touch() if up else (tmp_path / "up").unlink(missing_ok=True)
        done = subprocess.run(
            ["sh", "-c", told], env={"PATH": os.environ["PATH"], "UP": f"{tmp_path}/up"}, capture_output=True, text=True
        )
        said.append((done.returncode == 0, done.stdout.strip()))
    assert said == [(False, ""), (True, ""), (True, "slept 14"), (False, "slept 14")]
