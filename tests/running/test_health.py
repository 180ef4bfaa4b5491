"""`l9 health` and `l9 status`: what is true now, what is waited for, and what to do about it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from l9stack.cli.main import main
from tests.running.conftest import Deployed, FakeAgent, FakeDocker

NOWHERE = "http://127.0.0.1:1"
RUNNING: dict[str, Any] = {"Status": "running"}
HEALTHY: dict[str, Any] = {**RUNNING, "Health": {"Status": "healthy"}}
STARTING: dict[str, Any] = {**RUNNING, "Health": {"Status": "starting"}}
FAILING: dict[str, Any] = {
    **RUNNING,
    "Health": {"Status": "unhealthy", "Log": [{"Output": "first\n"}, {"Output": "could not connect\n"}]},
}
ENDED: dict[str, Any] = {"Status": "exited", "ExitCode": 3}


def health(capsys: pytest.CaptureFixture[str], *options: str, code: int) -> Any:
    assert main(["health", "--stack", "site", "--json", *options]) == code
    return json.loads(capsys.readouterr().out)


@contextmanager
def once(condition: Callable[[], bool], happens: Callable[[], None]) -> Iterator[None]:
    """Something happens in the background as soon as a condition holds."""

    def watch() -> None:
        while not condition():
            time.sleep(0.05)
        happens()

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    thread.join()


def states(told: dict[str, Any]) -> dict[str, str]:
    return {part["name"]: part["health"] for part in (*told["agents"], *told["backends"])}


def test_all_is_well(deployed: Deployed, docker: FakeDocker, agent: FakeAgent, capsys: pytest.CaptureFixture[str]):
    deployed("docker", clerk=agent.url)
    docker.containers(clerk=HEALTHY, redis=HEALTHY)
    told = health(capsys, "--wait", code=0)
    assert states(told) == {"clerk": "ok", "redis": "ok"}
    assert (told["healthy"], told["missing"], told["next"]) == (True, [], None)
    assert main(["status", "--stack", "site"]) == 0


def test_what_the_manifest_said_is_not_believed(
    deployed: Deployed, docker: FakeDocker, capsys: pytest.CaptureFixture[str]
):
    """kagent 559: statuses that do not reflect reality. Every agent was healthy when it was deployed."""
    deployed("docker", clerk=NOWHERE)
    docker.containers(redis=HEALTHY)
    told = health(capsys, code=6)
    assert states(told) == {"clerk": "missing: there is no container of it", "redis": "ok"}
    assert told["next"] == "l9 up --stack site"
    assert main(["status", "--stack", "site", "--json"]) == 6


def test_another_program_at_the_port_is_no_agent(
    deployed: Deployed, docker: FakeDocker, agent: FakeAgent, capsys: pytest.CaptureFixture[str]
):
    deployed("docker", clerk=agent.url)
    docker.containers(clerk=ENDED, redis=HEALTHY)
    assert states(health(capsys, code=6))["clerk"] == "stopped: ended with code 3"
    docker.containers(clerk=HEALTHY, redis=HEALTHY)
    agent.answers = {"hello": "world"}
    assert states(health(capsys, code=6))["clerk"] == "not ready: what answers there is no agent"
    agent.status = 404
    assert states(health(capsys, code=6))["clerk"] == "not ready: answers with status 404"


def test_waiting_says_what_for_and_ends_with_what_to_do(
    deployed: Deployed, docker: FakeDocker, agent: FakeAgent, capsys: pytest.CaptureFixture[str]
):
    """Aspire 13714: waiting on health without diagnostics."""
    deployed("docker", clerk=agent.url, porter=NOWHERE)
    agent.lacks(postgres="TimeoutError")
    docker.containers(clerk=HEALTHY, porter=ENDED, redis=FAILING)
    assert main(["health", "--stack", "site", "--wait", "--timeout", "1"]) == 6
    told = capsys.readouterr()
    for line in ("clerk: not ready: postgres (TimeoutError)", "porter: stopped: ended with code 3"):
        assert told.err.count(line) == 1
    assert "redis: not ready: its health check fails" in told.err
    assert "not healthy after 1 second: clerk, porter, redis" in told.out
    assert "last line of porter: the last line" in told.out
    assert "last line of redis: could not connect" in told.out
    assert told.out.endswith("next: l9 logs porter --stack site\n")


@pytest.mark.parametrize("state", [STARTING, {"Status": "created"}])
def test_what_only_starts_is_never_called_unhealthy(
    state: dict[str, Any],
    deployed: Deployed,
    docker: FakeDocker,
    agent: FakeAgent,
    capsys: pytest.CaptureFixture[str],
):
    """Aspire 12809: red "unhealthy" while it only starts; also where it answers already, and lacks a backend."""
    deployed("docker", clerk=NOWHERE, porter=agent.url)
    agent.lacks(redis="ConnectionError")
    docker.containers(clerk=state, porter=state, redis=state)
    assert main(["health", "--stack", "site", "--wait", "--timeout", "1"]) == 6
    told = capsys.readouterr()
    for word in ("healthy", "not ready", "unreachable", "stopped"):
        assert word not in told.out.replace("l9 health", "") + told.err.replace("its health check", "")
    assert "porter: starting: redis (ConnectionError)" in told.err
    assert "still starting after 1 second: clerk, porter, redis" in told.out
    assert told.out.endswith("next: l9 health --wait --stack site\n")


def test_what_has_no_probe_is_not_waited_for(
    deployed: Deployed, docker: FakeDocker, agent: FakeAgent, capsys: pytest.CaptureFixture[str]
):
    """process-compose 403: pending forever when a dependency has no probe."""
    deployed("docker", clerk=agent.url)
    docker.containers(clerk=RUNNING, redis=RUNNING)
    told = health(capsys, "--wait", "--timeout", "60", code=0)
    assert told["waited_seconds"] < 60
    assert states(told)["redis"] == "ok"
    # A backend of somebody else, which no agent uses and which has no port to try.
    project = deployed("external", managed=False, clerk=agent.url)
    path = project.deployment("site") / "deployment_manifest.json"
    path.write_text(path.read_text().replace("redis:6379", "s3://papers").replace('"redis"', '"archive"'))
    told = health(capsys, "--wait", "--timeout", "60", code=0)
    assert states(told)["archive"] == "not asked: no agent answers that uses it"


def test_a_probe_that_failed_may_succeed_again(
    deployed: Deployed, docker: FakeDocker, agent: FakeAgent, capsys: pytest.CaptureFixture[str]
):
    """process-compose 403: a failed readiness probe that kills for good."""
    deployed("docker", clerk=agent.url)
    docker.containers(clerk=FAILING, redis=FAILING)
    agent.lacks(redis="ConnectionError")

    def mend() -> None:
        docker.containers(clerk=HEALTHY, redis=HEALTHY)
        agent.recovers()

    with once(lambda: len(docker.asked) > 3, mend):
        assert main(["health", "--stack", "site", "--wait", "--timeout", "60"]) == 0
    told = capsys.readouterr()
    assert told.err.index("redis: not ready") < told.err.index("redis: ok")
    assert "next" not in told.out


def test_an_engine_that_does_not_answer_is_waited_for_and_then_told(
    deployed: Deployed, docker: FakeDocker, agent: FakeAgent, capsys: pytest.CaptureFixture[str]
):
    deployed("docker", "ssh://deploy@host", clerk=agent.url)
    docker.fails("cannot connect to host")
    with once(lambda: len(docker.asked) > 1, lambda: docker.containers(clerk=HEALTHY, redis=HEALTHY)):
        assert main(["health", "--stack", "site", "--wait", "--timeout", "60"]) == 0
    said = "the Docker engine at ssh://deploy@host: cannot connect to host"
    assert capsys.readouterr().err.count(said) == 1
    assert {tuple(words[:2]) for words in docker.asked} == {("--host", "ssh://deploy@host")}
    docker.fails("cannot connect to host")
    assert main(["health", "--stack", "site"]) == 6
    assert said in capsys.readouterr().err


def test_without_the_command_of_docker_it_says_how_to_get_it(
    deployed: Deployed, agent: FakeAgent, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    deployed("docker", clerk=agent.url)
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["health", "--stack", "site", "--wait"]) == 1
    told = capsys.readouterr().err
    assert "no-docker: `docker` is not on PATH" in told
    assert "docker-cli" in told


def test_what_others_say_is_shown_and_not_obeyed(
    deployed: Deployed, docker: FakeDocker, agent: FakeAgent, capsys: pytest.CaptureFixture[str]
):
    deployed("docker", clerk=agent.url)
    agent.lacks(redis="\x1b[2J")
    docker.containers(
        clerk=HEALTHY, redis={**FAILING, "Health": {"Status": "unhealthy", "Log": [{"Output": "\x1b]0;"}]}}
    )
    assert main(["health", "--stack", "site", "--wait", "--timeout", "1"]) == 6
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
    assert "clerk: not ready: redis (\\x1b[2J)" in told.err
    assert "last line of redis: \\x1b]0;" in told.out


def test_backends_of_others_are_as_the_agents_say(
    deployed: Deployed, agent: FakeAgent, capsys: pytest.CaptureFixture[str]
):
    deployed("external", managed=False, clerk=agent.url)
    assert states(health(capsys, code=0)) == {"clerk": "ok", "redis": "ok"}
    agent.lacks(redis="AuthenticationError")
    assert states(health(capsys, code=6))["redis"] == "not ready: clerk says AuthenticationError"


def test_a_stack_without_manifest_says_how_to_get_one(
    deployed: Deployed, docker: FakeDocker, capsys: pytest.CaptureFixture[str]
):
    project = deployed("docker", clerk=NOWHERE)
    (project.deployment("site") / "deployment_manifest.json").unlink()
    for command in (["status"], ["health"], ["logs", "clerk"], ["call", "clerk.ask"]):
        assert main([*command, "--stack", "site"]) == 1
        told = capsys.readouterr().err
        assert "l9 up --stack site" in told and "l9 manifest --stack site" in told
    assert main(["health", "--stack", "sight"]) == 1
    assert "stacks of this project: site" in capsys.readouterr().err


def test_a_manifest_of_another_kind_is_refused_with_its_place(deployed: Deployed, capsys: pytest.CaptureFixture[str]):
    project = deployed("docker", clerk=NOWHERE)
    path: Path = project.deployment("site") / "deployment_manifest.json"
    path.write_text(path.read_text().replace('"runtime": "docker"', '"runtime": "mainframe"'))
    assert main(["status", "--stack", "site"]) == 1
    told = capsys.readouterr().err
    assert "bad-manifest" in told and "runtime" in told and str(path) in told
