"""What is in an agent's container: images by content, environment, start, keys; and the lock of the base image."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pulumi
import pytest
from packaging.requirements import Requirement

from l9stack.agent.keys import TRUSTED, Trust, key_file
from l9stack.extraction.prepare import Prepared
from l9stack.project import Project
from tests.component.conftest import EXAMPLE, REPOSITORY, Deploy
from tests.component.recording import World
from tests.component.test_docker_runtime import AGENTS, labels

RUNTIMES = REPOSITORY / "l9stack" / "infra" / "runtimes"
LOCK = RUNTIMES / "agent_requirements.txt"


@pytest.fixture(scope="module")
def world(deploy: Deploy) -> World:
    return deploy("staging", runtime="docker")


def environment(world: World, agent: str) -> dict[str, str]:
    return dict(item.split("=", 1) for item in world[f"Container claims_desk-{agent}"].inputs["envs"])


def test_agents_environment_is_exactly_this(world: World, example: Prepared) -> None:
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
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_ACCESS_KEY_ID": "l9stack",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ENDPOINT_URL": "http://archive:7070",
            "AWS_REGION": "us-east-1",
        }


def test_agents_carry_labels_with_their_digests(world: World, example: Prepared) -> None:
    for agent in AGENTS:
        found = labels(world, f"claims_desk-{agent}")
        own = found.pop("l9stack.implementations")
        assert bool(re.fullmatch(r"[0-9a-f]{64}", own)) == (agent == "damage_assessment")
        assert found == {
            "l9stack.agent": agent,
            "l9stack.code": example.digests()[agent],
            "l9stack.collection": "claims_desk",
            "l9stack.files": f"id-of-claims_desk-{agent}-files",
            "l9stack.settings": environment(world, agent)["L9_SETTINGS_DIGEST"],
            "l9stack.stack": "staging",
        }


def test_images_are_built_from_the_store_by_content(world: World, example: Prepared) -> None:
    base = world["Image claims_desk-agent-base"].inputs
    assert re.fullmatch(r"l9stack-agent-base:[0-9a-f]{12}", base["imageName"])
    assert Path(base["build"]["context"]) == REPOSITORY / "l9stack" and "platform" not in base["build"]
    own = world["Image claims_desk-own-image"].inputs
    assert own["build"]["context"] == f"{EXAMPLE}/implementations"
    assert own["build"]["args"] == {"BASE": base["imageName"]}
    tags = set()
    for agent in AGENTS:
        inputs = world[f"Image claims_desk-{agent}-image"].inputs
        below = own if agent == "damage_assessment" else base
        assert inputs["build"]["context"] == f".l9/store/{example.digests()[agent]}"
        assert inputs["build"]["args"] == {"BASE": below["imageName"]}
        assert inputs["skipPush"] is True
        assert world[f"Container claims_desk-{agent}"].inputs["image"] == inputs["imageName"]
        tags.add(inputs["imageName"].split(":")[1])
        for dockerfile in (base, own, inputs):
            assert Path(dockerfile["build"]["dockerfile"]).is_file()
    assert len(tags) == len(AGENTS)


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
    assert command.endswith(" && exec python -m l9stack.agent.serve")
    here = command.replace("/run/", f"{tmp_path}/run/").replace("/tmp/keys", f"{tmp_path}/keys")
    done = subprocess.run(
        ["/bin/sh", "-c", here.replace("python -m l9stack.agent.serve", "env")],
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
    # The image keeps its binary outside of the usual path.
    assert inputs["entrypoints"] == ["/bin/sh", "-c"] and "$PATH:/app" in command
    done = subprocess.run(
        ["/bin/sh", "-c", command.replace("/app", str(tmp_path))], capture_output=True, text=True, check=True
    )
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


def test_images_hold_exactly_what_agents_and_their_tests_need_as_the_lock_pins_it(regen: bool) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    agents = needed([*project["dependencies"], *project["optional-dependencies"]["agent"]])
    tests = needed(["pytest", "pytest-asyncio"]) - agents
    locked = entries(REPOSITORY / "requirements.lock")
    for lock, names in ((LOCK, agents), (RUNTIMES / "tests_requirements.txt", tests)):
        if regen:
            text = [*lock.read_text().splitlines()[:1], *(locked[name] for name in sorted(names)), ""]
            lock.write_text("\n".join(text))
        assert entries(lock) == {name: locked[name] for name in names}
        assert all("--hash=sha256:" in entry for entry in entries(lock).values())


def test_packages_are_installed_by_hash_from_wheels_alone_and_nobody_runs_as_root() -> None:
    files = {path.stem: path.read_text().replace("\\\n", " ") for path in RUNTIMES.glob("*.Dockerfile")}
    assert set(files) == {"base", "packages", "own", "agent", "tests"}
    for name, text in files.items():
        assert text.rstrip().endswith("USER 65534:65534"), name
        # Neither builder is to need what only the other knows.
        assert not re.search(r"^# *syntax|--mount|--chmod|--link|<<", text, re.M), name
        installs = re.findall(r"^RUN python -m pip install (.*)$", text, re.M)
        assert len(installs) == (name in {"base", "packages", "tests"})
        for options in map(str.split, installs):
            assert {"--require-hashes", "--only-binary=:all:", "--no-cache-dir", "--target"} <= set(options)


def needed(names: list[str]) -> set[str]:
    """The packages of a closure, on any machine and any version of Python that is supported."""
    found: set[str] = set()
    todo, done = [Requirement(text) for text in names], set[tuple[str, str]]()
    while todo:
        wanted = todo.pop()
        found.add(canonical(wanted.name))
        for extra in {"", *wanted.extras} - {extra for name, extra in done if name == wanted.name}:
            done.add((wanted.name, extra))
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                below = [Requirement(text) for text in importlib.metadata.requires(wanted.name) or []]
                todo += [
                    item for item in below if item.marker is None or any(map(item.marker.evaluate, situations(extra)))
                ]
    return found


def situations(extra: str) -> list[dict[str, str]]:
    versions = ("3.11.0", "3.11.13", "3.12.0", "3.13.0")
    return [
        {"extra": extra, "python_full_version": version, "python_version": version.rpartition(".")[0]}
        for version in versions
    ]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(path: Path) -> dict[str, str]:
    """Each package's lines; one that is pinned for several versions of Python has several."""
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", path.read_text().strip()):
        if not entry.startswith("#"):
            name = canonical(re.match(r"[\w.-]+", entry)[0])
            found[name] = f"{found[name]}\n{entry}" if name in found else entry
    return found
