"""What hosts know: services of a swarm, and the logs of every runtime."""

from __future__ import annotations

import json
from typing import Any

import pytest

from l9stack.cli.main import main
from l9stack.running.swarm import service_state
from tests.running.conftest import Deployed, FakeDocker

NOWHERE = "http://127.0.0.1:1"


def service(name: str, replicas: int, **update: str) -> dict[str, Any]:
    labels = {"l9stack.agent": name}
    spec = {"Name": f"desk-{name}-site", "Labels": labels, "Mode": {"Replicated": {"Replicas": replicas}}}
    return {"Spec": spec, **({"UpdateStatus": update} if update else {})}


def task(current: str, desired: str = "Running", error: str = "", image: str = "clerk:2") -> dict[str, str]:
    shown = {"Name": "desk-clerk-site.1", "CurrentState": current, "DesiredState": desired}
    return {**shown, "Error": error, "Image": image}


@pytest.mark.parametrize(
    ("wanted", "tasks", "state", "detail"),
    [
        (1, [task("Running 2 minutes ago")], "running", ""),
        (2, [task("Running 2 minutes ago"), task("Starting 3 seconds ago")], "starting", "1 of 2 run"),
        (1, [task("Preparing 1 second ago", "Ready")], "starting", "0 of 1 run"),
        (1, [], "stopped", "0 of 1 run"),
        (
            1,
            [
                task("Ready 1 second ago", "Ready"),
                task("Failed 9 seconds ago", "Shutdown", '"task: non-zero exit (1)"'),
            ],
            "stopped",
            "0 of 1 run; the last one failed: task: non-zero exit (1)",
        ),
        (
            1,
            [task("Starting 1 second ago"), task("Failed 1 hour ago", "Shutdown", "exit 1", image="clerk:1")],
            "starting",
            "0 of 1 run",
        ),
        (
            2,
            [task("Running 1 hour ago"), task("Pending 1 minute ago", error='"no suitable node"')],
            "failing",
            "1 of 2 run; the last one failed: no suitable node",
        ),
    ],
)
def test_a_service_is_as_its_tasks_are(wanted: int, tasks: list[dict[str, str]], state: str, detail: str):
    found = service_state(service("clerk", wanted), tasks)
    assert (found.state, found.detail) == (state, detail)


def test_an_update_that_goes_on_is_told():
    rolled = service("clerk", 1, State="rollback_started", Message="update rolled back due to failure")
    found = service_state(rolled, [task("Running 1 hour ago")])
    assert (found.state, found.detail) == ("running", "update rolled back due to failure")


def test_a_swarm_is_asked_for_its_services(deployed: Deployed, docker: FakeDocker, capsys: pytest.CaptureFixture[str]):
    deployed("swarm", "ssh://deploy@manager", clerk=NOWHERE, porter=NOWHERE)
    docker.says(
        service_ls=["id-clerk"],
        service_inspect=[service("clerk", 1)],
        service_ps=[task("Failed 2 seconds ago", "Shutdown", "no such image")],
        service_logs=["one", '{"event": "call"}'],
    )
    assert main(["status", "--stack", "site", "--json"]) == 6
    told = {part["name"]: part["health"] for part in json.loads(capsys.readouterr().out)["agents"]}
    assert told == {
        "clerk": "stopped: 0 of 1 run; the last one failed: no such image",
        "porter": "missing: there is no service of it",
    }
    assert main(["logs", "clerk", "--stack", "site", "--lines", "7", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"text": "one"}, {"event": "call"}]
    assert docker.asked[-1] == [
        *("--host", "ssh://deploy@manager", "service", "logs", "--raw", "--tail", "7", "desk-clerk-site")
    ]


def test_of_an_agent_that_is_not_published_its_host_tells(
    deployed: Deployed, docker: FakeDocker, capsys: pytest.CaptureFixture[str]
):
    deployed("swarm", published=False, clerk="http://clerk:8080")
    redis = {"Spec": {**service("redis", 1)["Spec"], "Labels": {"l9stack.service": "redis"}, "Name": "redis"}}
    docker.says(
        service_ls=["id-clerk", "id-redis"],
        service_inspect=[service("clerk", 1), redis],
        service_ps=[task("Running 1 second ago"), {**task("Running 1 second ago"), "Name": "redis.1"}],
    )
    assert main(["health", "--stack", "site", "--wait", "--timeout", "5"]) == 0
    assert main(["call", "clerk.ask", "--stack", "site"]) == 6
    assert "agent clerk of stack site is not published" in capsys.readouterr().err


def test_logs_are_those_of_the_container(deployed: Deployed, docker: FakeDocker, capsys: pytest.CaptureFixture[str]):
    deployed("docker", clerk=NOWHERE)
    docker.containers(clerk={"Status": "running"})
    assert main(["logs", "clerk", "--stack", "site"]) == 0
    assert capsys.readouterr().out == "the last line\n"
    assert docker.asked[-1] == ["logs", "--tail", "50", "id-clerk"]
    assert main(["logs", "porter", "--stack", "site"]) == 1
    assert "agents with a log: clerk" in capsys.readouterr().err


def test_agents_of_others_have_their_logs_elsewhere(deployed: Deployed, capsys: pytest.CaptureFixture[str]):
    deployed("external", managed=False, clerk=NOWHERE)
    assert main(["logs", "clerk", "--stack", "site"]) == 1
    assert "its log is where it runs" in capsys.readouterr().err
