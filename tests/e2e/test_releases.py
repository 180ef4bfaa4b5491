"""Two stacks of one collection: what one proved is deployed to the other by digest, and taken back by digest.

What a release is can be seen from outside: each state of the working files takes texts of another length. The tests
build on each other in their order, as a team's week does.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND, SECONDS, Deployed

pytestmark = pytest.mark.e2e
MINIMAL = Path(__file__).parents[1] / "golden" / "minimal"
TWIN = "config:\n  # what dev proves\n  l9stack:collection: input_schemas/echo.yaml\n  l9stack:runtime: local\n"
DEAD = "  l9stack:backends: {redis: 'redis://127.0.0.1:1/0'}\n"


@pytest.fixture(scope="module")
def team(project: Deployed) -> Deployed:
    for name in ("input.yaml", "input.answers.yaml"):
        shutil.copy(MINIMAL / name, project.root / "input_schemas" / name.replace("input", "echo"))
    dev = project.root / "Pulumi.dev.yaml"
    dev.write_text(dev.read_text().replace("input_schemas/claims_desk", "input_schemas/echo.yaml"))
    twin(project).write_text(TWIN)
    project.run("up")
    return project


def twin(team: Deployed) -> Path:
    return team.root / "Pulumi.dev-b.yaml"


def takes(team: Deployed, stack: str) -> int:
    """How long a text the stack's agent takes."""
    for length in (40, 60):
        said = team.data(
            "call", "echo.say", "--stack", stack, "--data", json.dumps({"text": "x" * length}), expect=None
        )
        if said["status"] != 200:
            return length - 20
    return 60


def write(team: Deployed, length: int) -> None:
    """Edit the working files: from the next deployment on, texts of this length are taken."""
    answers = team.root / "input_schemas/echo.answers.yaml"
    answers.write_text(re.sub(r"max_length: \d+", f"max_length: {length}", answers.read_text()))


def history(team: Deployed, stack: str) -> list[str]:
    return [entry["release"] for entry in team.data("releases", "--stack", stack)["releases"]]


def unchanged(team: Deployed, stack: str) -> bool:
    return team.data("preview", "--stack", stack)["changes"] == []


def test_up_records_a_release_with_its_proof(team: Deployed):
    told = team.data("releases")
    (entry,) = told["releases"]
    assert (told["stack"], told["pinned"], told["last_deployment_failed"]) == ("dev", None, False)
    assert entry["health"] == "ok" and entry["changed"] == ["+echo"] and "@" in entry["by"]
    held, _, of = entry["gates"].partition(" of ")
    assert held == of and int(held) > 10
    assert entry["tree"] == json.loads((team.view / "extraction_manifest.json").read_text())["tree_digest"]
    team.run("up")
    assert history(team, "dev") == [entry["release"]]


def test_what_is_promoted_is_what_was_proven_though_files_were_edited_meanwhile(team: Deployed):
    write(team, 20)
    done = team.run("promote", "--from", "dev", "--to", "dev-b", "--yes")
    assert "is pinned to release" in done.stdout and "--unpin" in done.stdout
    assert takes(team, "dev") == takes(team, "dev-b") == 40
    assert history(team, "dev-b") == history(team, "dev")
    assert unchanged(team, "dev-b") and not unchanged(team, "dev")
    assert "# what dev proves" in twin(team).read_text()


def test_a_pinned_stack_follows_its_release_alone(team: Deployed):
    team.run("up")
    assert (takes(team, "dev"), takes(team, "dev-b")) == (20, 40)
    before = team.pids("dev-b")
    assert unchanged(team, "dev-b")
    team.run("up", "--stack", "dev-b")
    assert team.pids("dev-b") == before and takes(team, "dev-b") == 40
    refused = team.run("up", "--stack", "dev-b", "--collection", "input_schemas/echo.yaml", expect=1)
    assert "pinned" in refused.stderr and "--unpin" in refused.stderr


def test_the_next_promotion_changes_only_what_differs_and_a_rollback_takes_it_back(team: Deployed):
    first, second = history(team, "dev")[::-1]
    assert "differs from what runs in: echo" in team.run("promote", "--from", "dev", "--to", "dev-b", "--yes").stderr
    assert takes(team, "dev-b") == 20
    team.run("rollback", "--stack", "dev-b", "--yes")
    assert takes(team, "dev-b") == 40
    assert history(team, "dev-b") == [first, second, first]
    assert unchanged(team, "dev-b")
    assert "no-release-before" in team.run("rollback", "--stack", "dev-b", "--yes", expect=1).stderr
    team.run("rollback", "--stack", "dev-b", "--release", second[:8], "--yes")
    assert takes(team, "dev-b") == 20
    assert team.data("releases", "--stack", "dev-b")["pinned"] == second


def test_unpinned_it_deploys_the_working_files_again(team: Deployed):
    write(team, 60)
    team.run("up", "--stack", "dev-b", "--unpin")
    assert (takes(team, "dev"), takes(team, "dev-b")) == (20, 60)
    assert team.data("releases", "--stack", "dev-b")["pinned"] is None
    assert twin(team).read_text().startswith(TWIN)


def test_nothing_is_asked_where_nobody_answers_and_a_no_changes_nothing(team: Deployed):
    text, before = twin(team).read_text(), team.pids("dev-b")
    for command in (("promote", "--from", "dev", "--to", "dev-b"), ("rollback", "--stack", "dev-b")):
        assert "--yes" in team.run(*command, expect=2).stderr
    code, told = at_terminal(team, "n\n", "rollback", "--stack", "dev-b")
    assert code == 2 and "update Agent claims_desk" not in told
    assert "update Agent echo-echo" in told and "stays as it is" in told
    assert twin(team).read_text() == text and team.pids("dev-b") == before
    code, told = at_terminal(team, "y\n", "rollback", "--stack", "dev-b")
    assert code == 0 and takes(team, "dev-b") == 20


def test_a_failed_deployment_is_no_release_and_the_way_back_is_told(team: Deployed):
    good = history(team, "dev-b")
    config = twin(team).read_text()
    twin(team).write_text(config.replace("config:\n", f"config:\n{DEAD}"))
    failed = team.run("up", "--stack", "dev-b", expect=5).stderr
    assert "redis" in failed and "127.0.0.1:1" in failed
    assert f"healthy last with {good[0][:12]}" in failed and "l9 rollback --stack dev-b" in failed
    told = team.data("releases", "--stack", "dev-b")
    assert told["last_deployment_failed"] and [entry["release"] for entry in told["releases"]] == good
    assert "not-proven" in team.run("promote", "--from", "dev-b", "--to", "dev", "--yes", expect=1).stderr
    twin(team).write_text(config)
    team.run("rollback", "--stack", "dev-b", "--yes")
    told = team.data("releases", "--stack", "dev-b")
    assert not told["last_deployment_failed"] and told["pinned"] == good[0]
    assert takes(team, "dev-b") == 20 and unchanged(team, "dev-b")


def test_a_release_that_was_tampered_with_is_refused_and_nothing_changes(team: Deployed):
    first = history(team, "dev")[-1]
    text, before = twin(team).read_text(), team.pids("dev-b")
    answers = team.root / ".l9/releases" / first / "inputs/collection/echo.answers.yaml"
    whole = answers.read_text()
    answers.write_text(whole.replace("40", "50"))
    refused = team.run("rollback", "--stack", "dev-b", "--release", first, "--yes", expect=1).stderr
    assert "release-changed" in refused and "echo.answers.yaml" in refused
    assert twin(team).read_text() == text and team.pids("dev-b") == before
    answers.write_text(whole)


def test_a_release_moves_to_a_machine_that_never_saw_it(team: Deployed):
    first = history(team, "dev")[-1]
    file = team.root / "first.release"
    team.run("releases", "--export", first[:10], str(file))
    shutil.rmtree(team.root / ".l9/releases" / first)
    missing = team.run("promote", "--release", first, "--to", "dev-b", "--yes", expect=1).stderr
    assert "no-release" in missing and "--import" in missing
    assert team.data("releases", "--import", str(file))["release"] == first
    team.run("promote", "--release", first[:8], "--to", "dev-b", "--yes")
    assert takes(team, "dev-b") == 40


def test_stacks_and_collections_that_do_not_fit_are_refused(team: Deployed):
    assert "same-stack" in team.run("promote", "--from", "dev", "--to", "dev", "--yes", expect=1).stderr
    absent = team.run("promote", "--from", "dev", "--to", "prd", "--yes", expect=1).stderr
    assert "no stack prd" in absent and "prod" in absent
    other = team.root / "Pulumi.dev-c.yaml"
    other.write_text(TWIN.replace("echo.yaml", "claims_desk"))
    assert "other-collection" in team.run("promote", "--from", "dev", "--to", "dev-c", "--yes", expect=1).stderr


def test_a_protected_stack_is_touched_by_agreement_and_keeps_what_cannot_be_made_again(team: Deployed):
    twin(team).write_text(twin(team).read_text().replace("config:\n", "config:\n  l9stack:protect: true\n"))
    before = team.pids("dev-b")
    assert "--yes" in team.run("up", "--stack", "dev-b", expect=2).stderr
    team.run("up", "--stack", "dev-b", "--yes")
    assert team.pids("dev-b") == before
    assert "--yes" in team.run("down", "--stack", "dev-b", expect=2).stderr
    purge = team.run("down", "--stack", "dev-b", "--purge", "--yes", expect=1).stderr
    assert "Pulumi.dev-b.yaml" in purge and "l9stack:protect false" in purge
    assert team.pids("dev-b") == before
    down = team.data("down", "--stack", "dev-b", "--yes")
    assert down["kept"] == ["echo-release"] and team.pids("dev-b") == {}
    team.run("up", "--stack", "dev-b", "--yes")
    assert takes(team, "dev-b") == 40 and len(history(team, "dev-b")) > 3
    twin(team).write_text(twin(team).read_text().replace("protect: true", "protect: false"))
    team.run("up", "--stack", "dev-b")
    team.run("down", "--stack", "dev-b", "--purge", "--yes")
    assert history(team, "dev-b") == []


def at_terminal(team: Deployed, answer: str, *arguments: str) -> tuple[int, str]:
    """Run `l9` where somebody sits and answers."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer.encode())
        done = subprocess.run(
            [str(COMMAND), *arguments], cwd=team.root, stdin=theirs, capture_output=True, text=True, timeout=SECONDS
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return done.returncode, done.stdout + done.stderr
