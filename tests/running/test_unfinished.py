"""What is missing after an interrupted deployment, and what runs on after its folder was removed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from l9stack.cli.main import main
from l9stack.local.client import SupervisorClient
from l9stack.local.strays import end_strays, find_strays
from l9stack.model.deployment import UnfinishedDeployment


@pytest.fixture()
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", [["status"], ["health"], ["logs", "till"], ["call", "till.pay"], ["audit", "till"]])
def test_a_stack_that_is_not_deployed_is_told_so(
    command: list[str], root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["code"] == "not-deployed" and "`l9 up`" in problem["hint"]


@pytest.mark.parametrize(
    "command", [["status"], ["down"], ["up"], ["preview"], ["token", "till"], ["manifest"], ["env"]]
)
def test_a_folder_that_is_no_project_is_told_so(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(command) == 1
    told = capsys.readouterr().err
    assert "there is no project in" in told and "l9 init" in told
    assert not (tmp_path / ".l9").exists()


def test_status_names_what_an_interrupted_deployment_lacks(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = UnfinishedDeployment(since="2026-03-01T12:00:00+00:00", agents=("till", "desk"), backends=("redis",))
    (root / ".l9" / "deploying").mkdir(parents=True)
    (root / ".l9" / "deploying" / "dev").write_text(note.model_dump_json())
    assert main(["status"]) == 6
    told = capsys.readouterr().out
    for part in ("till", "desk", "redis"):
        assert any(line.startswith(part) and "missing" in line for line in told.splitlines())
    assert "2026-03-01T12:00:00+00:00" in told and "`l9 up` goes on" in told
    assert main(["call", "till.pay"]) == 6
    assert main(["call", "bank.pay"]) == 1


def test_what_runs_on_after_its_folder_was_removed_is_found_and_ended(root: Path) -> None:
    run = root / ".l9" / "run"
    client = SupervisorClient.connect(run)
    pid = client.status().pid
    assert find_strays(run) == ()
    shutil.rmtree(root / ".l9")
    assert find_strays(run) == (pid,)
    other = SupervisorClient.connect(run)  # a new one beside it is no stray
    try:
        assert find_strays(run) == (pid,)
        assert end_strays(run) == (pid,)
        assert find_strays(run) == () and other.status().pid != pid
    finally:
        other.shutdown()


def test_a_command_that_only_speaks_of_a_supervisor_is_none(root: Path) -> None:
    run = root / ".l9" / "run"
    speaking = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(30)", "l9stack.local.supervisor", str(run)]
    )
    try:
        time.sleep(0.1)
        assert find_strays(run) == ()
    finally:
        speaking.kill()
        speaking.wait()
