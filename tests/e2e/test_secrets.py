"""Secrets of a stack: encrypted before anything is kept, and refused where nothing encrypts them."""

from __future__ import annotations

import shutil
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import Deployed

pytestmark = pytest.mark.e2e
MINIMAL = Path(__file__).parents[1] / "golden" / "minimal"
SAFE = "config:\n  l9stack:collection: input_schemas/echo.yaml\n  l9stack:runtime: local\n"


@pytest.fixture(scope="module")
def team(project: Deployed) -> Deployed:
    for name in ("input.yaml", "input.answers.yaml"):
        shutil.copy(MINIMAL / name, project.root / "input_schemas" / name.replace("input", "echo"))
    dev = project.root / "Pulumi.dev.yaml"
    dev.write_text(dev.read_text().replace("input_schemas/claims_desk", "input_schemas/echo.yaml"))
    project.run("up")
    return project


@pytest.mark.parametrize("command", ["up", "preview", "down"])
def test_a_stack_that_keeps_secrets_is_not_made_before_something_encrypts_them(team: Deployed, command: str):
    before = (team.root / "Pulumi.staging.yaml").read_bytes()
    refused = team.run(command, "--stack", "staging", expect=1, PULUMI_CONFIG_PASSPHRASE="").stderr
    assert "Pulumi.staging.yaml:1:1: no-secrets-provider" in refused
    assert "export PULUMI_CONFIG_PASSPHRASE_FILE=~/.config/l9stack/staging.passphrase" in refused
    assert "secretsprovider: awskms://" in refused
    assert (team.root / "Pulumi.staging.yaml").read_bytes() == before
    assert not list(team.root.glob(".l9/pulumi/.pulumi/stacks/*/staging.json"))
    missing = team.run(command, "--stack", "staging", expect=1, PULUMI_CONFIG_PASSPHRASE_FILE="/nowhere").stderr
    assert "/nowhere" in missing and "no-passphrase" in missing


def test_a_password_in_a_stacks_config_is_nowhere_in_clear(team: Deployed, tmp_path: Path):
    file = tmp_path / "passphrase"
    file.write_text("kept somewhere safe")
    environ = {"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}
    safe = team.root / "Pulumi.safe.yaml"
    safe.write_text(SAFE)
    url = team.backends().redis
    password = urlsplit(url).password
    assert password and len(password) > 20
    team.run("preview", "--stack", "safe", **environ)
    team.pulumi("config", "set", "--stack", "safe", "--secret", "--path", "l9stack:backends.redis", url, **environ)
    team.run("up", "--stack", "safe", **environ)
    assert team.data("status", "--stack", "safe")["agents"][0]["health"] == "ok"
    assert "secure:" in safe.read_text() and password not in safe.read_text()
    team.run("promote", "--from", "dev", "--to", "safe", "--yes", **environ)
    found = [path for path in team.root.rglob("*") if path.is_file() and ".l9/run" not in str(path)]
    assert any(path.name == "safe.json" for path in found)
    for path in found:
        data = path.read_bytes()
        assert password.encode() not in data and b64encode(password.encode())[:-4] not in data, path
    team.run("down", "--stack", "safe", "--purge", "--yes", **environ)
