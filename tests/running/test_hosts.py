"""What hosts know: services of a swarm, and the logs of every runtime."""

from __future__ import annotations

import json
from typing import Any

import pytest

from l9stack.cli.main import main
from l9stack.running.docker_engine import usual_host
from l9stack.running.swarm import service_state
from l9stack.running.swarm_services import ServiceSnapshot
from tests.running.conftest import Deployed, FakeDocker
from tests.running.swarms import a_service, a_task

NOWHERE = "http://127.0.0.1:1"


SERVICES = {
    "all run": (1, [a_task(1, "new", "running")], "", "running", ""),
    "some still start": (2, [a_task(1, "new", "running"), a_task(2, "new", "starting")], "", "starting", "1 of 2 run"),
    "an image is pulled": (1, [a_task(1, "new", "preparing", desired="ready")], "", "starting", "0 of 1 run"),
    "there are no tasks": (1, [], "", "stopped", "0 of 1 run"),
    "started again and again": (
        1,
        [a_task(2, "new", "ready", desired="ready"), a_task(1, "new", "failed", "task: non-zero exit (1)")],
        "",
        "stopped",
        "0 of 1 run; the last one failed: task: non-zero exit (1)",
    ),
    "what failed before an update is history": (
        1,
        [a_task(2, "new", "starting"), a_task(1, "old", "failed", "exit 1")],
        "updating",
        "starting",
        "0 of 1 run, update updating",
    ),
    "no node takes it": (
        2,
        [a_task(2, "new", "pending", "no suitable node"), a_task(1, "new", "running")],
        "",
        "failing",
        "1 of 2 run; the last one failed: no suitable node",
    ),
    "on its way back": (1, [a_task(1, "new", "running")], "rollback_started", "running", "update rollback_started"),
    "an update has ended": (1, [a_task(1, "new", "running")], "completed", "running", ""),
}


@pytest.mark.parametrize(("wanted", "tasks", "update", "state", "detail"), SERVICES.values(), ids=SERVICES)
def test_a_service_is_as_its_tasks_are(
    wanted: int, tasks: list[dict[str, Any]], update: str, state: str, detail: str
) -> None:
    found = service_state(ServiceSnapshot(a_service(replicas=wanted, update=update), tasks))
    assert (found.state, found.detail) == (state, detail)


def test_a_swarm_is_asked_for_its_services(deployed: Deployed, docker: FakeDocker, capsys: pytest.CaptureFixture[str]):
    deployed("swarm", "ssh://deploy@manager", clerk=NOWHERE, porter=NOWHERE)
    docker.says(
        service_ls=["id-clerk"],
        service_ps=["task-1", "task-2"],
        service_inspect=[a_service("clerk", replicas=1, agent="clerk")],
        inspect=[
            a_task(1, "new", "running", service="of somebody else"),
            a_task(2, "new", "failed", "no such image", service="clerk"),
        ],
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
    assert docker.asked[-1] == ["--host", "ssh://deploy@manager", "service", "logs", "--raw", "--tail", "7", "clerk"]


def test_of_an_agent_that_is_not_published_its_host_tells(
    deployed: Deployed, docker: FakeDocker, capsys: pytest.CaptureFixture[str]
):
    deployed("swarm", published=False, clerk="http://clerk:8080")
    docker.says(
        service_ls=["id-clerk", "id-redis"],
        service_ps=["task-1", "task-2"],
        service_inspect=[
            a_service("clerk", replicas=1, agent="clerk"),
            a_service("redis", replicas=1, service="redis"),
        ],
        inspect=[a_task(1, "new", "running", service="clerk"), a_task(2, "new", "running", service="redis")],
    )
    assert main(["health", "--stack", "site", "--wait", "--timeout", "5"]) == 0
    assert main(["call", "clerk.ask", "--stack", "site"]) == 6
    assert "agent clerk of stack site is not published" in capsys.readouterr().err


def test_logs_are_those_of_the_container(deployed: Deployed, docker: FakeDocker, capsys: pytest.CaptureFixture[str]):
    deployed("docker", clerk=NOWHERE)
    docker.containers(clerk={"Status": "running"})
    assert main(["logs", "clerk", "--stack", "site"]) == 0
    assert capsys.readouterr().out == "the last line\n"
    assert docker.asked[-1] == ["--host", usual_host(), "logs", "--tail", "50", "id-clerk"]
    assert main(["logs", "porter", "--stack", "site"]) == 1
    assert "agents with a log: clerk" in capsys.readouterr().err


def test_agents_of_others_have_their_logs_elsewhere(deployed: Deployed, capsys: pytest.CaptureFixture[str]):
    deployed("external", managed=False, clerk=NOWHERE)
    assert main(["logs", "clerk", "--stack", "site"]) == 1
    assert "its log is where it runs" in capsys.readouterr().err
