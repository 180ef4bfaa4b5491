"""What is in an agent's container: environment, start, keys."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pulumi
import pytest

from l9stack.agent._security.keys import TRUSTED, Trust, key_file
from l9stack.extraction.prepare import PreparedCollection
from l9stack.infra.deployment_files import forwarded_variables
from l9stack.project import Project
from tests.component.conftest import Deploy, changed
from tests.component.recording import World
from tests.component.test_docker_runtime import AGENTS, labels


@pytest.fixture(scope="module")
def world(deploy: Deploy) -> World:
    return deploy("staging", runtime="docker")


def environment(world: World, agent: str) -> dict[str, str]:
    return dict(item.split("=", 1) for item in world[f"Container claims_desk-{agent}"].inputs["envs"])


def test_agents_environment_is_exactly_this(world: World, example: PreparedCollection) -> None:
    digests = example.digests()
    for agent in AGENTS:
        found = environment(world, agent)
        assert re.fullmatch(r"[0-9a-f]{64}", found.pop("L9_SETTINGS_DIGEST"))
        own = {"L9_IMPLEMENTATIONS": "/srv/implementations"} if agent == "damage_assessment" else {}
        assert found == own | {
            "L9_MANIFEST": f"/srv/agent/manifests/{agent}.json",
            "L9_CODE": "/srv/agent/code",
            "L9_CONFIG": "/run/l9/config.yaml",
            "L9_HOST": "0.0.0.0",
            "L9_PORT": "8080",
            "L9_ENDPOINT": f"http://{agent.replace('_', '-')}:8080",
            "L9_NAMESPACE": "staging",
            "L9_KEYS": "/tmp/keys",
            "L9_CODE_DIGEST": digests[agent],
            "L9_DRAIN_SECONDS": "40",
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_ACCESS_KEY_ID": "l9stack",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ENDPOINT_URL": "http://archive:7070",
            "AWS_REGION": "us-east-1",
        }


def test_agents_carry_labels_with_their_digests(world: World, example: PreparedCollection) -> None:
    for agent in AGENTS:
        found = labels(world, f"claims_desk-{agent}")
        own = found.pop("l9stack.implementations")
        assert bool(re.fullmatch(r"[0-9a-f]{64}", own)) == (agent == "damage_assessment")
        assert found == {
            "l9stack.agent": agent,
            "l9stack.code": example.digests()[agent],
            "l9stack.collection": "claims_desk",
            "l9stack.files": found["l9stack.files"],
            "l9stack.settings": environment(world, agent)["L9_SETTINGS_DIGEST"],
            "l9stack.stack": "staging",
        }


def test_the_start_command_gathers_keys_and_reads_the_file_of_secrets(
    world: World, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "run/l9/keys").mkdir(parents=True)
    (tmp_path / "run/trust").mkdir()
    (tmp_path / "tmp").mkdir()
    (tmp_path / "run/l9/agent.env").write_text("L9_WORD='it'\\''s $HOME'\n")
    own = key_file(project.keys, "agent:settlement")
    (tmp_path / "run/l9/keys" / own.name).write_bytes(own.read_bytes())
    (tmp_path / "run/trust" / TRUSTED).write_bytes((project.keys / TRUSTED).read_bytes())
    (command,) = world["Container claims_desk-settlement"].inputs["command"]
    assert command.endswith(" && exec python -m l9stack.agent")
    here = command.replace("/run/", f"{tmp_path}/run/").replace("/tmp/keys", f"{tmp_path}/keys")
    done = subprocess.run(
        ["/bin/sh", "-c", here.replace("python -m l9stack.agent", "env")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "L9_WORD=it's $HOME" in done.stdout.splitlines()
    assert Trust(tmp_path / "keys").principals() >= {f"agent:{agent}" for agent in AGENTS} | {
        "operator",
        "anchor:Finance",
    }
    assert key_file(tmp_path / "keys", "agent:settlement").read_bytes() == own.read_bytes()


def test_the_archive_makes_its_bucket_and_is_told_its_secret_by_the_file(world: World, tmp_path: Path) -> None:
    inputs = world["Container claims_desk-archive"].inputs
    (tmp_path / "secret").write_text("word")
    server = tmp_path / "versitygw"
    server.write_text('#!/bin/sh\necho "$ROOT_ACCESS_KEY_ID $ROOT_SECRET_ACCESS_KEY $*"\n')
    server.chmod(0o755)
    command = inputs["command"][0].replace("/run/l9", str(tmp_path)).replace("/data", f"{tmp_path}/data")
    assert inputs["entrypoints"] == ["/bin/sh", "-c"]
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["/bin/sh", "-c", command], env=path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["l9stack", "word", "--port", ":7070", "posix", f"{tmp_path}/data"]
    assert (tmp_path / "data" / "l9stack").is_dir()


def test_a_backend_of_somebody_else_is_no_container_and_its_url_stays_secret(deploy: Deploy) -> None:
    urls = {"archive": "s3://claims", "redis": "rediss://:pw@cache.example.com:6380/0"}
    given = {name: pulumi.Output.secret(url) for name, url in urls.items()}
    world = deploy("staging", runtime="docker", backends=given)
    assert world.names()["ExternalService"] == {"claims_desk-archive", "claims_desk-redis"}
    assert "claims_desk-redis" not in world.names()["Container"]
    text = world["Container claims_desk-settlement-files"].secrets["uploads.0.content"]
    told = dict(line.split("=", 1) for line in shlex.split(text))
    assert (told["L9_REDIS_URL"], told["L9_ARCHIVE_BUCKET"]) == (urls["redis"], urls["archive"])
    # Its own credentials and endpoint are not those of the container that is not there.
    assert not [name for name in {**told, **environment(world, "settlement")} if name.startswith("AWS_")]
    assert "cache.example.com" not in json.dumps([dict(found.inputs) for found in world.resources.values()])


def test_what_the_one_who_deploys_has_set_reaches_agents_by_the_file_of_secrets(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = deploy("staging", runtime="docker")
    monkeypatch.setenv("L9_ENABLE_TEST_GENERATION", "it's off")
    monkeypatch.setenv("L9_REDIS_URL", "redis://elsewhere")  # the stack's own servers win
    world = deploy("staging", runtime="docker")
    text = world["Container claims_desk-settlement-files"].secrets["uploads.0.content"]
    told = dict(line.split("=", 1) for line in shlex.split(text))
    assert told["L9_ENABLE_TEST_GENERATION"] == "it's off" and "@redis:6379" in told["L9_REDIS_URL"]
    # The container learns of it by a label that shows nothing of it.
    assert changed(before, world)["Container claims_desk-settlement"] == {"labels"}
    assert forwarded_variables({"OWN_URL": "1", "HOME": "2"}, "url: ${OWN_URL}\nother: ${L9_REDIS_URL}") == {
        "OWN_URL": "1"
    }


def test_a_preview_makes_no_keys_and_up_makes_everybodys_before_an_agent_starts(
    deploy: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: l9stack\n")
    monkeypatch.setattr("pathlib.Path.cwd", lambda: tmp_path)
    deploy("staging", runtime="docker", preview=True)
    assert not (tmp_path / ".l9" / "keys").exists()
    world = deploy("staging", runtime="docker")
    stamp = hashlib.sha256((tmp_path / ".l9" / "keys" / TRUSTED).read_bytes()).hexdigest()[:16]
    assert world["Container claims_desk-trust"].inputs["uploads"] == [
        {
            "file": "/run/trust/trusted.json",
            "source": ".l9/keys/trusted.json",
            "sourceHash": stamp,
            "permissions": "0444",
        }
    ]
    for agent in AGENTS:
        _, config, key = world[f"Container claims_desk-{agent}-files"].inputs["uploads"]
        own = key_file(Path(".l9/keys"), f"agent:{agent}")
        assert (tmp_path / own).is_file() and key["source"] == str(own) and key["permissions"] == "0400"
        assert config["source"] == "deployments/staging/claims_desk_config.yaml"
