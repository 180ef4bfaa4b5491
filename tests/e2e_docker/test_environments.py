"""The project's environments with the real provider: previews of staging and prod, and data that outlives its stack."""

from __future__ import annotations

import json
import os
import shlex
import subprocess

from tests.e2e.conftest import CLAIM, COMMAND
from tests.e2e_docker.project import OnDocker

AGENTS = ("claim_intake", "coverage_check", "customer_notice", "damage_assessment", "settlement")
SERVICES = ("archive", "neo4j", "postgres", "redis")
PROVIDED = {
    "redis": "rediss://:word@redis.example.com:6379/0",
    "postgres": "postgresql://l9:word@postgres.example.com/l9",
    "neo4j": "neo4j+s://neo4j:word@graph.example.com",
    "archive": "s3://claims-archive",
}


def planned(project: OnDocker, stack: str) -> set[str]:
    """What a first `up` of a stack would make, as `Container claims_desk-redis`."""
    changes = project.data("preview", "--stack", stack)["changes"]
    assert {change["operation"] for change in changes} == {"create"}
    return {f"{change['type'].rsplit(':', 1)[-1]} {change['name'].removeprefix('claims_desk-')}" for change in changes}


def test_staging_has_a_preview_from_its_own_file(project: OnDocker) -> None:
    found = planned(project, "staging")
    assert {f"Container {name}" for name in (*AGENTS, *SERVICES)} <= found
    assert {f"Volume {name}-data" for name in SERVICES} <= found
    assert not {kind for kind in found if kind.startswith(("ExternalService", "Service "))}


def test_prod_has_a_preview_from_its_own_file_once_its_backends_are_set(project: OnDocker) -> None:
    # Makes the stack, and the key by which its secrets are encrypted.
    told = project.run("preview", "--stack", "prod", expect=None)
    assert told.returncode and all(f"l9stack:backends.{service} is not set" in told.stderr for service in SERVICES)
    for service, url in PROVIDED.items():
        project.pulumi("config", "set", "--stack", "prod", "--secret", "--path", f"l9stack:backends.{service}", url)
    assert "word" not in (project.root / "Pulumi.prod.yaml").read_text()
    found = planned(project, "prod")
    assert {f"Service {name}" for name in AGENTS} <= found
    assert not {f"Service {name}" for name in SERVICES} & found
    assert not {f"Volume {name}-data" for name in SERVICES} & found


def test_data_and_its_passwords_outlive_their_stack_until_they_are_purged(project: OnDocker) -> None:
    configured(project, "true")
    project.up("--yes")
    asked = project.data("call", "claim_intake.submit_claim", "--data", json.dumps(CLAIM), "--stack", project.stack)
    assert asked["status"] == 200
    data = [f"volume {project.named(f'claims_desk-{name}-data')}" for name in SERVICES]

    assert "protect" in project.run("down", "--stack", project.stack, "--purge", "--yes", expect=1).stderr
    refused = destroyed(project)
    assert "protected" in refused.stdout + refused.stderr and refused.returncode != 0
    kept = project.data("down", "--stack", project.stack, "--yes")["kept"]
    assert {f"claims_desk-{name}-{what}" for name in SERVICES for what in ("data", "password")} <= set(kept)
    assert project.left() == data

    project.up("--yes")
    assert claims(project) == 1
    configured(project, "false")
    project.up()
    project.run("down", "--stack", project.stack)
    assert project.left() == data
    project.up()
    assert claims(project) == 1
    project.run("down", "--stack", project.stack, "--purge", "--yes")
    assert project.left() == []


def configured(project: OnDocker, protect: str) -> None:
    """Say in the stack's file whether it is protected; what is looked at elsewhere is left out."""
    file = project.root / f"Pulumi.{project.stack}.yaml"
    others = [line for line in file.read_text().splitlines() if "l9stack:protect" not in line and line != "config:"]
    text = "\n".join(["config:", f"  l9stack:protect: {protect}", *others, ""])
    for block, lighter in (("docker", "tests: false"), ("monitoring", "servers: false")):
        if lighter not in text:
            text = text.replace(f"  l9stack:{block}:\n", f"  l9stack:{block}:\n    {lighter}\n")
    file.write_text(text)


def claims(project: OnDocker) -> int:
    asked = json.dumps({"claim_id": CLAIM["claim_id"]})
    told = project.data("call", "claim_intake.claim_history", "--data", asked, "--stack", project.stack)
    assert told["status"] == 200
    return int(told["body"]["count"])


def destroyed(project: OnDocker) -> subprocess.CompletedProcess[str]:
    """Plain `pulumi destroy`, planned only."""
    env = f'eval "$({shlex.quote(str(COMMAND))} env)"'
    script = f"{env} && exec pulumi destroy --preview-only --non-interactive --stack {project.stack}"
    return subprocess.run(
        ["bash", "-c", script], cwd=project.root, env={**os.environ, **project.environ}, capture_output=True, text=True
    )
