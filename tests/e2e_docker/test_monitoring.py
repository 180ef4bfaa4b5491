"""Prometheus beside real agents, and what stands for Grafana: all are reached, panels have data, history stays."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.images.commands import FailedError, docker
from tests.e2e_docker.project import COLLECTION, OnDocker
from tests.e2e_docker.swarm import write_teller

BOARDS = ["overview.json", "agents/teller.json"]
WITHOUT_CALLS = {"Failed", "Latency", "Latency by agent", "Latency by operation"}
"""Panels that have nothing to show before somebody calls."""
SAY = 'l9_calls_total{agent="teller",operation="say",outcome="200"}'


@pytest.fixture(scope="module")
def up(project: OnDocker) -> OnDocker:
    """A small collection: it is what watches it that is tried here."""
    file = project.root / f"Pulumi.{project.stack}.yaml"
    text = file.read_text().replace(COLLECTION, write_teller(project.root))
    # The block of monitoring is the last one.
    file.write_text(
        text.replace("  l9stack:docker:\n", "  l9stack:docker:\n    tests: false\n") + "    interval_seconds: 1\n"
    )
    project.up()
    return project


def wait(holds: Callable[[], bool], told: Callable[[], Any], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(1)


def check(up: OnDocker) -> dict[str, Any]:
    done = up.run("monitoring", "--check", "--stack", up.stack, "--json", expect=None)
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if found["ok"] else 6)
    return found


def empty(up: OnDocker) -> set[str]:
    return {panel["panel"] for panel in check(up)["panels"] if panel["state"] != "data"}


def asked(up: OnDocker, query: str) -> list[dict[str, Any]]:
    address = up.data("monitoring", "--stack", up.stack)["prometheus"]
    with urllib.request.urlopen(f"{address}/api/v1/query?query={urllib.parse.quote(query)}", timeout=10) as reply:
        result: list[dict[str, Any]] = json.load(reply)["data"]["result"]
        return result


def test_both_are_healthy_and_every_agent_is_reached(up: OnDocker) -> None:
    health = up.health()
    assert {health[up.named(f"teller-{server}")] for server in ("prometheus", "grafana")} == {"healthy"}
    wait(lambda: {target["state"] for target in check(up)["targets"]} == {"up"}, lambda: check(up)["targets"])
    found = check(up)
    assert [target["agent"] for target in found["targets"]] == ["teller"]
    assert {rule["state"] for rule in found["rules"]} == {"ok"}


def test_after_traffic_every_panel_has_data(up: OnDocker) -> None:
    # A rate wants two scrapes: what has had only one is not yet there.
    wait(lambda: empty(up) == WITHOUT_CALLS, lambda: empty(up))
    up.run("call", "teller.say", "--data", '{"text": "hello"}', "--stack", up.stack)
    up.run("call", "teller.say", "--data", "{}", "--stack", up.stack, expect=1)
    wait(lambda: check(up)["ok"], lambda: check(up)["panels"])


def test_grafana_has_the_dashboards_and_its_prometheus_and_asks_for_the_stacks_password(up: OnDocker) -> None:
    address = up.data("monitoring", "--stack", up.stack)["grafana"]
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{address}/api/search", timeout=10)
    password = up.pulumi("stack", "output", "grafana_password", "--show-secrets", "--stack", up.stack).strip()
    login = base64.b64encode(f"admin:{password}".encode()).decode()

    def get(path: str) -> Any:
        request = urllib.request.Request(f"{address}{path}", headers={"Authorization": f"Basic {login}"})
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)

    (source,) = get("/api/datasources")
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
    folder = up.root / "deployments" / up.stack / "monitoring" / "dashboards"
    boards = {board["uid"]: board for board in (json.loads((folder / name).read_text()) for name in BOARDS)}
    assert {board["uid"] for board in get("/api/search")} == boards.keys()
    assert all(get(f"/api/dashboards/uid/{uid}")["dashboard"] == board for uid, board in boards.items())


def test_who_looks_at_dashboards_reaches_prometheus_and_no_agent(up: OnDocker) -> None:
    ask = "wget -q -T 5 -t 1 -O /dev/null {}"
    up.inside("teller-grafana", ask.format("http://prometheus:9090/-/ready"))
    up.inside("teller-prometheus", ask.format("http://teller:8080/health"))
    with pytest.raises(FailedError):
        up.inside("teller-grafana", ask.format("http://teller:8080/health"))


def test_a_prometheus_that_was_removed_comes_back_with_its_history(up: OnDocker) -> None:
    (counted,) = asked(up, SAY)
    before = time.time()
    docker("rm", "--force", up.named("teller-prometheus"))
    assert any("teller-prometheus" in change for change in up.previewed())
    up.up()
    wait(lambda: {target["state"] for target in check(up)["targets"]} == {"up"}, lambda: check(up)["targets"])
    assert [series["value"][1] for series in asked(up, f"{SAY} @ {before:.0f}")] == [counted["value"][1]]
