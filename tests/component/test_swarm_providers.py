"""What is said of a swarm's services, from documents as the engine gives them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from l9stack.errors import ServiceError
from l9stack.infra.providers import swarm
from l9stack.infra.providers.swarm import SwarmClusterProvider, SwarmServiceProvider
from l9stack.running import swarm_services
from l9stack.running.docker_engine import DockerEngine
from l9stack.running.swarm_services import ServiceSnapshot
from tests.running.swarms import a_service, a_task

PROPS = {
    "host": "",
    "service": "desk-prod",
    "what": "agent desk",
    "revision": "new",
    "replicas": 3.0,
    "seconds": 90.0,
    "address": "",
    "port": 8080.0,
    "reach": "127.0.0.1",
    "state": "running",
}


def a_look(revision: str, *tasks: dict[str, Any], update: str = "") -> ServiceSnapshot:
    service = a_service(revision=revision, update=update)
    return ServiceSnapshot(service, sorted(tasks, key=lambda task: str(task["Status"]["Timestamp"]), reverse=True))


def running(revision: str, count: int = 3) -> list[dict[str, Any]]:
    return [a_task(number, revision, "running", port=32000 + number) for number in range(count)]


def _answer(_: DockerEngine, *arguments: str) -> str:
    if arguments[:2] == ("node", "inspect"):
        return json.dumps([{"Status": {"Addr": f"address-of-{arguments[2]}"}}])
    return "the last line"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> list[ServiceSnapshot]:
    """The looks that the provider gets, one after another; the last one stays. No time passes while it waits."""
    looks: list[ServiceSnapshot] = []
    clock = iter(range(10_000))
    monkeypatch.setattr(swarm, "inspect_service", lambda *_: looks.pop(0) if len(looks) > 1 else looks[0])
    monkeypatch.setattr(swarm.time, "sleep", lambda _: None)
    monkeypatch.setattr(swarm.time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(swarm_services, "own_node", lambda _: "node-1")
    monkeypatch.setattr(swarm.DockerEngine, "ask", _answer)
    return looks


def test_it_waits_until_every_task_runs_the_wanted_revision(engine: list[ServiceSnapshot]) -> None:
    engine += [
        a_look("new", *running("old"), update="updating"),
        a_look("new", *running("old", 2), a_task(9, "new", "starting"), update="updating"),
        a_look("new", *running("new"), update="updating"),
        a_look("new", *running("new"), update="completed"),
    ]
    made = SwarmServiceProvider().make(PROPS)
    assert (made["endpoint"], made["state"], made["health"]) == ("http://127.0.0.1:32000", "running", "ok")
    assert len(engine) == 1


def test_a_task_on_a_node_that_was_lost_is_nowhere_to_be_reached(engine: list[ServiceSnapshot]) -> None:
    lost = a_task(12, "new", "running", port=31999, desired="shutdown")
    engine.append(a_look("new", lost, *running("new")))
    assert SwarmServiceProvider().make(PROPS)["endpoint"] == "http://127.0.0.1:32000"


@pytest.mark.parametrize(
    ("nodes", "endpoint"),
    [
        (["node-2", "node-1", "node-2"], "http://127.0.0.1:32001"),
        (["node-2", "node-3", "node-2"], "http://address-of-node-2:32000"),
    ],
)
def test_the_engines_own_node_is_reached_as_the_engine_is(
    engine: list[ServiceSnapshot], nodes: list[str], endpoint: str
) -> None:
    """However many nodes there are just now: one that comes back changes no address."""
    tasks = [a_task(n, "new", "running", port=32000 + n, node=node) for n, node in enumerate(nodes)]
    engine.append(a_look("new", *tasks))
    assert SwarmServiceProvider().make(PROPS)["endpoint"] == endpoint


def test_an_instance_is_another_one_when_a_task_was_started_anew() -> None:
    first, same = a_look("new", *running("new")), a_look("new", *reversed(running("new")))
    other = a_look("new", *running("new", 2), a_task(7, "new", "running"))
    assert first.instance("new") == same.instance("new") != other.instance("new")


REFUSED = {
    "rolled back": (
        [
            a_look(
                "old",
                *running("old"),
                a_task(9, "new", "failed", "task: non-zero exit (1)"),
                update="rollback_completed",
            )
        ],
        r"agent desk: the update was rolled back: task: non-zero exit \(1\); 3 of 3 run as before\n.*\nthe last line",
    ),
    "on its way back": (
        [
            a_look("old", *running("old", 2), a_task(9, "new", "failed", "unhealthy"), update="rollback_started"),
            a_look("old", *running("old"), a_task(9, "new", "failed", "unhealthy"), update="rollback_completed"),
        ],
        "rolled back: unhealthy; 3 of 3",
    ),
    "the way back fails as well": (
        [a_look("old", a_task(9, "new", "failed", "no"), update="rollback_paused")],
        "the update was rolled back: no; 0 of 3 run as before",
    ),
    "never starts": (
        [a_look("new", *(a_task(number, "new", "rejected", "No such image: desk:1") for number in range(3)))],
        "agent desk: it does not start: No such image: desk:1",
    ),
    "no node takes it": (
        [a_look("new", a_task(1, "new", "pending", "no suitable node (scheduling constraints)"))],
        r"0 of 3 run: no suitable node \(scheduling constraints\)",
    ),
    "some never get there": (
        [a_look("new", *running("new", 2), a_task(7, "new", "starting"))],
        r"2 of 3 run after \d+ s",
    ),
    "an update that does not end": (
        [a_look("new", *running("new", 2), update="updating")],
        r"2 of 3 run after \d+ s",
    ),
    "paused": ([a_look("new", *running("new", 1), update="paused")], "update paused; 1 of 3 run"),
    "changed by somebody": ([a_look("other", *running("other"))], "somebody has changed the service meanwhile"),
    "removed": ([ServiceSnapshot({}, ())], "the service is not there"),
}


@pytest.mark.parametrize(("looks", "said"), REFUSED.values(), ids=REFUSED)
def test_what_will_not_get_there_ends_the_wait_with_the_engines_reason(
    engine: list[ServiceSnapshot], looks: list[ServiceSnapshot], said: str
) -> None:
    engine += looks
    with pytest.raises(ServiceError, match=said):
        SwarmServiceProvider().make(PROPS)


def test_what_failed_before_says_nothing_of_an_update_that_begins(engine: list[ServiceSnapshot]) -> None:
    before = [a_task(number, "new", "failed", "at the last attempt") for number in range(20, 25)]
    engine += [
        a_look("new", *before, *running("old"), update="rollback_completed"),
        a_look("new", *before, *running("new"), update="completed"),
    ]
    assert SwarmServiceProvider().make(PROPS)["state"] == "running"


def test_a_failure_of_an_earlier_revision_is_no_reason_to_give_up(engine: list[ServiceSnapshot]) -> None:
    old = [a_task(number, "old", "failed", "long ago") for number in range(20, 25)]
    engine += [a_look("new", *old), a_look("new", *old, *running("new"))]
    assert SwarmServiceProvider().make(PROPS)["state"] == "running"


OBSERVED = {
    "as it should be": (a_look("new", *running("new")), set()),
    "missing": (ServiceSnapshot({}, ()), {"state"}),
    "rolled back": (a_look("old", *running("old"), update="rollback_completed"), {"revision", "state"}),
    "one is missing": (a_look("new", *running("new", 2)), {"state"}),
}


@pytest.mark.parametrize(("found", "changed"), OBSERVED.values(), ids=OBSERVED)
def test_a_preview_tells_what_is_really_there(
    engine: list[ServiceSnapshot], found: ServiceSnapshot, changed: set[str]
) -> None:
    engine.append(found)
    provider = SwarmServiceProvider()
    seen = provider.read("desk-prod", dict(PROPS)).outs
    wanted = provider.check(seen, dict(PROPS)).inputs
    assert {name for name in provider.watched if seen.get(name) != wanted.get(name)} == changed
    assert bool(provider.diff("desk-prod", seen, wanted).changes) == bool(changed)


def test_a_cluster_of_several_nodes_needs_a_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swarm, "own_node", lambda _: "node-1")
    monkeypatch.setattr(swarm, "active_nodes", lambda _: ["one", "three", "two"])
    props = {"cluster": "desk", "host": "", "registry": False}
    with pytest.raises(ServiceError, match=r"3 nodes \(one, three, two\).*l9stack:docker.registry"):
        SwarmClusterProvider().make(props)
    assert SwarmClusterProvider().make(props | {"registry": True}) == {"node": "node-1", "nodes": 3}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ('{"LocalNodeState": "inactive"}', "docker swarm init"),
        ('{"LocalNodeState": "active", "ControlAvailable": false}', "set docker:host to a manager"),
    ],
)
def test_an_engine_that_manages_no_swarm_is_refused(monkeypatch: pytest.MonkeyPatch, told: str, said: str) -> None:
    monkeypatch.setattr(swarm_services.DockerEngine, "ask", lambda *_: told)
    with pytest.raises(ServiceError, match=said):
        SwarmClusterProvider().make({"cluster": "desk", "host": "", "registry": False})
