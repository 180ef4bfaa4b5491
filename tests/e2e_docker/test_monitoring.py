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
from tests.e2e_docker.project import OnDocker

AGENTS = ["claim_intake", "coverage_check", "customer_notice", "damage_assessment", "settlement"]
BOARDS = ["overview.json", *(f"agents/{agent}.json" for agent in AGENTS)]


@pytest.fixture(scope="module")
def up(project: OnDocker) -> OnDocker:
    with (project.root / f"Pulumi.{project.stack}.yaml").open("a") as file:
        file.write("    interval_seconds: 1\n")  # the block of monitoring is its last
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


def asked(up: OnDocker, query: str) -> list[dict[str, Any]]:
    address = up.data("monitoring", "--stack", up.stack)["prometheus"]
    with urllib.request.urlopen(f"{address}/api/v1/query?query={urllib.parse.quote(query)}", timeout=10) as reply:
        result: list[dict[str, Any]] = json.load(reply)["data"]["result"]
        return result


def test_both_are_healthy_and_every_agent_is_reached(up: OnDocker) -> None:
    health = up.health()
    assert {health[up.named(f"claims_desk-{server}")] for server in ("prometheus", "grafana")} == {"healthy"}
    wait(lambda: {target["state"] for target in check(up)["targets"]} == {"up"}, lambda: check(up)["targets"])
    found = check(up)
    assert {target["agent"] for target in found["targets"]} == {*AGENTS}
    assert {rule["state"] for rule in found["rules"]} == {"ok"}


def test_after_traffic_every_panel_has_data(up: OnDocker) -> None:
    for agent in AGENTS:
        endpoint = next(
            part["endpoint"] for part in up.data("status", "--stack", up.stack)["agents"] if part["name"] == agent
        )
        with urllib.request.urlopen(f"{endpoint}/status", timeout=10) as reply:
            for operation in json.load(reply)["operations"]:
                up.run("call", f"{agent}.{operation['name']}", "--stack", up.stack, expect=None)
    empty = lambda: [panel for panel in check(up)["panels"] if panel["state"] != "data"]  # noqa: E731
    wait(lambda: check(up)["ok"], empty)


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
    up.inside("claims_desk-grafana", ask.format("http://prometheus:9090/-/ready"))
    up.inside("claims_desk-prometheus", ask.format("http://claim-intake:8080/health"))
    with pytest.raises(FailedError):
        up.inside("claims_desk-grafana", ask.format("http://claim-intake:8080/health"))


def test_a_prometheus_that_was_removed_comes_back_with_its_history(up: OnDocker) -> None:
    (counted,) = asked(up, 'l9_calls_total{agent="settlement",operation="settle_claim",outcome="400"}')
    before = time.time()
    docker("rm", "--force", up.named("claims_desk-prometheus"))
    assert any("claims_desk-prometheus" in change for change in up.previewed())
    up.up()
    wait(lambda: {target["state"] for target in check(up)["targets"]} == {"up"}, lambda: check(up)["targets"])
    old = f'l9_calls_total{{agent="settlement",operation="settle_claim",outcome="400"}} @ {before:.0f}'
    assert [series["value"][1] for series in asked(up, old)] == [counted["value"][1]]
