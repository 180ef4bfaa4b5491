"""The project's environments: each has a preview from its own file, and a protected one keeps its data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from l9stack.errors import InputError
from l9stack.infra.components.stack import Stack, StackArgs
from l9stack.infra.protection import KEEPS_DATA, is_stateful
from l9stack.infra.providers.release import MOST, ReleaseProvider
from l9stack.infra.settings import StackSettings
from l9stack.infra.settings.stack import check_stack
from l9stack.model.release import DeployedRelease
from l9stack.project import Project
from tests.component.conftest import EXAMPLE, REPOSITORY, Deploy, changed
from tests.component.recording import World, run
from tests.component.test_settings import configured

PROVIDED = {
    "redis": "rediss://:word@redis.example.com:6379/0",
    "postgres": "postgresql://l9:word@postgres.example.com/l9",
    "neo4j": "neo4j+s://neo4j:word@graph.example.com",
    "archive": "s3://claims-archive",
}
"""What docs/environments.md sets by `pulumi config set --secret`."""
AGENTS = {"claim_intake", "coverage_check", "customer_notice", "damage_assessment", "settlement"}
SERVICES = {"redis", "postgres", "neo4j", "archive"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a clone holds, as far as a preview reads it."""
    for file in REPOSITORY.glob("Pulumi*.yaml"):
        shutil.copyfile(file, tmp_path / file.name)
    shutil.copytree(REPOSITORY / EXAMPLE, tmp_path / EXAMPLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def deployed(stack: str, *, preview: bool = True, **more: Any) -> World:
    """A stack of the project by its own file, as `__main__.py` runs it."""
    config = yaml.safe_load(Path(f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]

    def program() -> None:
        arguments = StackArgs.of(StackSettings.read(configured(config | more)), stack)
        Stack(arguments.prepared.plan.collection, arguments)

    return run(program, stack, preview=preview)


def protected(world: World) -> set[str]:
    return {f"{found.type} {found.name}" for found in world.resources.values() if found.protect}


def test_dev_runs_on_this_machine_and_keeps_no_secret(here: Path) -> None:
    world = deployed("dev")
    assert world["Baseline claims_desk-baseline"].inputs["runtime"] == "local"
    assert set(world.of("Agent")) == {f"claims_desk-{name}" for name in AGENTS}
    assert not world.of("Password") and not protected(world)
    assert not any(found.secrets for found in world.resources.values())


def test_staging_is_one_docker_engine_with_backends_of_its_own(here: Path) -> None:
    world = deployed("staging")
    assert world["Baseline claims_desk-baseline"].inputs["runtime"] == "docker"
    assert {f"claims_desk-{name}" for name in AGENTS | SERVICES} <= set(world.of("Container"))
    assert not world.of("ExternalService") and not protected(world)


def test_prod_is_a_swarm_of_replicas_with_backends_that_others_run(here: Path) -> None:
    world = deployed("prod", backends=PROVIDED)
    assert world["Baseline claims_desk-baseline"].inputs["runtime"] == "swarm"
    services = world.of("Service")
    for name in AGENTS:
        mode = services[f"claims_desk-{name}"].inputs["mode"]
        assert mode["replicated"]["replicas"] == 3, name
    assert not {f"claims_desk-{name}" for name in SERVICES} & set(services)
    assert "Release claims_desk-release" in protected(world)


def test_a_swarm_keeps_no_data_where_nobody_has_said_so(here: Path) -> None:
    file = here / "Pulumi.prod.yaml"
    file.write_text(file.read_text() + "  l9stack:backends:\n    redis: {secure: AAABAJ}\n")
    settings, project = check_stack(here, "prod"), Project(here)
    with pytest.raises(InputError) as refused:
        StackArgs.of(settings, "prod", project)
    assert {problem.message.partition(" ")[0] for problem in refused.value.problems} == {
        f"l9stack:backends.{service}" for service in SERVICES - {"redis"}
    }
    assert {str(problem.place) for problem in refused.value.problems} == {"Pulumi.prod.yaml:6:3"}


def test_a_swarm_keeps_data_on_the_node_that_the_program_talks_to_where_that_is_said(here: Path) -> None:
    world = deployed("prod", swarm={"backends": "here"}, preview=False)
    placements = {name: world.of("Service")[f"claims_desk-{name}"].inputs["taskSpec"]["placement"] for name in SERVICES}
    assert {str(found["constraints"]) for found in placements.values()} == {"['node.id == node-1']"}


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_each_is_valid_without_an_engine_and_writes_nothing(stack: str, here: Path) -> None:
    before = {path for path in here.rglob("*") if path.is_file()}
    settings = check_stack(here, stack)
    assert (settings.runtime, settings.protect) == {
        "dev": ("local", False),
        "staging": ("docker", False),
        "prod": ("swarm", True),
    }[stack]
    assert {path for path in here.rglob("*") if path.is_file()} == before


def test_what_is_encrypted_in_a_stacks_file_is_left_to_the_engine(here: Path) -> None:
    (here / "Pulumi.prod.yaml").write_text(
        "config:\n  l9stack:runtime: swarm\n"
        "  l9stack:backends:\n    redis: {secure: AAABAJ}\n    postgres: postgresql://h/l9\n"
        "  l9stack:settings: {secure: AAABAK}\n  other:token: {secure: AAABAL}\n"
    )
    settings = check_stack(here, "prod")
    assert set(settings.backends) == {"postgres"} and settings.settings == {}


def test_a_protected_stack_protects_data_its_passwords_and_its_history_alone(deploy: Deploy) -> None:
    assert not protected(deploy(runtime="docker"))
    world = deploy(runtime="docker", protect=True)
    assert {f"claims_desk-{name}-password" for name in SERVICES} <= set(world.of("Password"))
    assert protected(world) == {
        *(f"Volume claims_desk-{name}-data" for name in SERVICES),
        *(f"Password {name}" for name in world.of("Password")),
        "Release claims_desk-release",
    }


def test_what_is_stateful_is_told_from_the_state_as_from_the_program(deploy: Deploy) -> None:
    volumes = deploy(runtime="docker").of("Volume")
    kept = {
        name
        for name, found in volumes.items()
        if is_stateful("docker:index/volume:Volume", json.loads(json.dumps(dict(found.inputs))))
    }
    assert kept == {f"claims_desk-{name}-data" for name in SERVICES}
    assert all({"label": KEEPS_DATA, "value": "true"} in volumes[name].inputs["labels"] for name in kept)
    assert not is_stateful("docker:index/volume:Volume", {}) and not is_stateful("docker:index/container:Container", {})


def test_up_keeps_a_release_and_a_preview_does_not(here: Path) -> None:
    deployed("dev")
    assert not Project.find().releases.exists()
    world = deployed("dev", preview=False)
    named = world["Release claims_desk-release"].inputs["release"]
    assert [path.name for path in Project.find().releases.iterdir()] == [named]


@pytest.mark.parametrize(("stack", "more"), [("dev", {}), ("staging", {}), ("prod", {"backends": PROVIDED})])
def test_a_pinned_stack_deploys_the_same_though_every_working_file_is_gone(
    stack: str, more: dict[str, Any], here: Path
) -> None:
    before = deployed(stack, preview=False, **more)
    named = before["Release claims_desk-release"].inputs["release"]
    shutil.rmtree(here / EXAMPLE)
    after = deployed(stack, preview=False, release=named, **more)
    path = f".l9/releases/{named}/inputs/collection/claims_desk"
    assert after["ExtractionGate claims_desk-gate"].inputs["path"] == path
    # Where the files lie is all that differs: nothing is started anew by that.
    differing = changed(before, after)
    assert {name.split()[0]: keys for name, keys in differing.items()} == {
        "AgentCode": {"path"},
        "ExtractionGate": {"path"},
    }


def test_the_history_waits_for_every_agent_and_depends_on_none(deploy: Deploy) -> None:
    world = deploy()
    release = world["Release claims_desk-release"]
    order = list(world.resources)
    assert all(
        order.index(("HealthCheck", f"claims_desk-{name}-health")) < order.index(("Release", release.name))
        for name in AGENTS
    )
    assert not release.after and not any(release.by_property.values())


def test_a_history_is_written_once_for_each_release_and_stays_short() -> None:
    provider = ReleaseProvider()
    news = {"stack": "dev", "release": "a", "tree": "t", "images": {"echo": "sha256:1", "other": ""}}
    made = provider.create(dict(news)).outs
    assert provider.diff("dev", made, news).changes is False
    for number in range(MOST + 5):
        news = {**news, "release": f"r{number}"}
        assert provider.diff("dev", made, news).changes is True
        made = provider.update("dev", made, news).outs
    history = [DeployedRelease.model_validate(entry) for entry in made["history"]]
    assert [entry.release for entry in history] == [f"r{number}" for number in range(5, MOST + 5)]
    assert history[-1].images == {"echo": "sha256:1"}
    assert history[-1].gates == "not recorded here" and "@" in history[-1].by
