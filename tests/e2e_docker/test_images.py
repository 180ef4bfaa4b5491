"""Images and the tests before traffic on a real engine: layers, failed builds, a registry, a stopped rollout."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.images.commands import docker
from tests.e2e_docker.project import COLLECTION, OnDocker
from tests.e2e_docker.registry import a_registry

AGENTS = ("claim_intake", "coverage_check", "customer_notice", "damage_assessment", "settlement")
ASSESSMENT = f"{COLLECTION}/implementations/claims_desk/assessment.py"
ONLY_HERE = """    import os

    if "L9_FAILED_BEFORE" in os.environ:
        raise RuntimeError("only on the engine")
"""


@pytest.fixture(scope="module")
def deployed(project: OnDocker) -> OnDocker:
    project.up("--yes")
    return project


def image(name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(docker("image", "inspect", name))
    return found[0]


def agents(project: OnDocker) -> dict[str, dict[str, Any]]:
    return {agent: project.inspect(f"claims_desk-{agent}") for agent in AGENTS}


def test_all_agents_stand_on_one_environment_with_some_kilobytes_of_their_own(deployed: OnDocker) -> None:
    base = image(deployed.inspect("claims_desk-settlement-files")["Config"]["Image"])
    for agent, container in agents(deployed).items():
        own = image(container["Config"]["Image"])
        layers = own["RootFS"]["Layers"]
        assert layers[: len(base["RootFS"]["Layers"])] == base["RootFS"]["Layers"], agent
        assert 0 < own["Size"] - base["Size"] < 200_000
        labels = own["Config"]["Labels"]
        assert (labels["l9stack.agent"], labels["l9stack.collection"]) == (agent, "claims_desk")
        assert labels["l9stack.code"] == container["Config"]["Labels"]["l9stack.code"]
        assert own["Config"]["User"] == "65534:65534" and labels["org.opencontainers.image.title"] == "l9stack agent"


def test_the_generated_tests_have_passed_beside_the_real_backends_and_left_nothing(deployed: OnDocker) -> None:
    counts = json.loads(deployed.pulumi("stack", "output", "--json", "--stack", deployed.stack))["tests"]
    assert counts["passed"] >= 100 and counts["failed"] == 0
    state = deployed.inspect("claims_desk-tests")["State"]
    assert (state["Status"], state["ExitCode"]) == ("exited", 0)
    assert left_in_backends(deployed) == []


def test_a_test_that_fails_on_the_engine_alone_stops_the_rollout_and_agents_run_on(deployed: OnDocker) -> None:
    before, file = agents(deployed), deployed.root / ASSESSMENT
    whole = file.read_text()
    file.write_text(whole.replace("    share = SHARE_LOST", f"{ONLY_HERE}    share = SHARE_LOST", 1))
    try:
        refused = deployed.run("up", "--stack", deployed.stack, "--yes", expect=None)
        assert refused.returncode
        told = refused.stdout + refused.stderr
        assert "generated tests failed beside the stack's backends" in told and "agents run on" in told
        assert "tests/agents/damage_assessment/test_assessor.py:" in told and "test_damage_reported" in told
        after = agents(deployed)
        assert {agent: found["Id"] for agent, found in after.items()} == {a: f["Id"] for a, f in before.items()}
        assert {found["State"]["Health"]["Status"] for found in after.values()} == {"healthy"}
        assert left_in_backends(deployed) == []
    finally:
        file.write_text(whole)
    deployed.up("--yes")
    assert {agent: found["Id"] for agent, found in agents(deployed).items()} == {a: f["Id"] for a, f in before.items()}
    assert deployed.previewed() == []


def left_in_backends(project: OnDocker) -> list[str]:
    """What is there of spaces of tests in Postgres, Redis and the archive."""
    schemas = (
        "psql -U l9 -d l9 -h /var/run/postgresql -tAc \"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'test%'\""
    )
    keys = "REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /run/l9/redis.conf) redis-cli --scan --pattern 'test-*'"
    password = "PGPASSWORD=$(cat /run/l9/password)"
    found = [
        project.inside("claims_desk-postgres", f"{password} {schemas}"),
        project.inside("claims_desk-redis", keys),
        project.inside("claims_desk-archive", "ls /data/l9stack | grep ^test- || true"),
    ]
    return " ".join(found).split()


def test_a_build_that_fails_says_why(deployed: OnDocker, test_images: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {test_images['python']}\nRUN rm /opt/wheels/uvicorn*\n")
    broken, config = f"{deployed.stack}-python:1", deployed.root / f"Pulumi.{deployed.stack}.yaml"
    docker("build", "-q", "-t", broken, tmp_path)
    whole = config.read_text()
    try:
        for python, expected in (
            (broken, "No matching distribution found for uvicorn"),
            ("l9stack-test/nothing:1", "nothing"),
        ):
            config.write_text(whole.replace(test_images["python"], python))
            refused = deployed.run("up", "--stack", deployed.stack, "--yes", expect=None)
            assert refused.returncode and expected in refused.stdout + refused.stderr
    finally:
        config.write_text(whole)
        docker("rmi", broken)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    with a_registry(tmp_path) as address:
        yield address


def test_with_a_registry_agents_run_by_the_digest_of_what_was_pushed(deployed: OnDocker, registry: str) -> None:
    config = deployed.root / f"Pulumi.{deployed.stack}.yaml"
    whole = config.read_text()
    config.write_text(
        whole.replace("  l9stack:docker:\n", f"  l9stack:docker:\n    registry: {{server: {registry}/desk}}\n")
    )
    try:
        deployed.up("--yes")
        for agent, container in agents(deployed).items():
            name, _, digest = container["Config"]["Image"].partition("@")
            assert name == f"{registry}/desk/claims-desk-{agent.replace('_', '-')}" and digest.startswith("sha256:")
        assert deployed.previewed() == []
    finally:
        config.write_text(whole)
