"""The example, watched by a real Prometheus: no panel is empty after traffic, and what is empty is told by its name."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import CLAIM, Deployed

pytestmark = pytest.mark.e2e
AGENTS = ["claim_intake", "coverage_check", "customer_notice", "damage_assessment", "settlement"]
FOLDER = Path("deployments/dev/monitoring")
DAMAGE = {"claim_id": "C-1001", "damage_kind": "wet", "declared_value": 480, "photographs": 1}
GOODWILL = {"claim_id": "C-1001", "requested": 60, "story": "The parcel was a birthday present."}
Ask = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def up(project: Deployed) -> Deployed:
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed: `apt-get install prometheus` brings it")
    with (project.root / "Pulumi.dev.yaml").open("a") as file:
        file.write("  l9stack:monitoring: {interval_seconds: 1}\n")
    project.run("up")
    return project


@pytest.fixture(scope="module")
def prometheus(up: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One that takes the stack's own configuration as it was written."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    data = tmp_path_factory.mktemp("prometheus")
    command = ["prometheus", f"--config.file={up.root / FOLDER / 'prometheus.yml'}", f"--storage.tsdb.path={data}"]
    with (data / "log").open("w") as log:
        process = subprocess.Popen([*command, f"--web.listen-address={address}"], stdout=log, stderr=log)
    try:
        wait(lambda: ready(address), (data / "log").read_text)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(20)


def ready(address: str) -> bool:
    try:
        connection = http.client.HTTPConnection(address, timeout=2)
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False


def wait(holds: Callable[[], bool], told: Callable[[], str], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(0.3)


@pytest.fixture
def check(up: Deployed, prometheus: str) -> Callable[[], tuple[int, dict[str, Any]]]:
    def run() -> tuple[int, dict[str, Any]]:
        done = up.run("monitoring", "--check", "--prometheus", prometheus, "--json", expect=None)
        return done.returncode, json.loads(done.stdout)

    return run


@pytest.fixture
def ask(prometheus: str) -> Ask:
    def run(query: str) -> list[dict[str, Any]]:
        address = f"{prometheus}/api/v1/query?query={urllib.request.quote(query)}"
        with urllib.request.urlopen(address, timeout=10) as reply:
            return json.load(reply)["data"]["result"]

    return run


def empty(found: dict[str, Any]) -> set[tuple[str, str]]:
    return {(panel["dashboard"], panel["panel"]) for panel in found["panels"] if panel["state"] != "data"}


def test_the_config_points_to_dashboards_that_exist_and_the_deployment_to_its_files(up: Deployed):
    told = up.data("monitoring")
    boards = {"overview.json", *(f"agents/{agent}.json" for agent in AGENTS)}
    for folder in (up.view / "code" / told["dashboards"], up.root / told["files"] / "dashboards"):
        assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.json")} == boards
    assert f'dashboards: "{told["dashboards"]}"' in (up.view / "claims_desk_config.yaml").read_text()
    assert "runs no Prometheus" in up.run("monitoring", "--check", expect=1).stderr


def test_before_any_call_the_panels_without_data_are_those_of_calls_and_are_named(check):
    wait(lambda: {target["state"] for target in check()[1]["targets"]} == {"up"}, lambda: str(check()))
    # A rate needs two scrapes: until then more panels are without data.
    of_calls = {"Failed", "Latency", "Latency by agent", "Latency by operation"}
    wait(lambda: {title for _, title in empty(check()[1])} == of_calls, lambda: str(empty(check()[1])))
    code, found = check()
    assert code == 6 and found["ok"] is False
    assert {rule["state"] for rule in found["rules"]} == {"ok"} and not any(rule["firing"] for rule in found["rules"])


def test_after_traffic_with_each_outcome_every_panel_has_data(up: Deployed, check, ask: Ask):
    status = {agent["name"]: agent["endpoint"] for agent in up.data("status")["agents"]}
    up.run("call", "claim_intake.submit_claim", "--data", json.dumps(CLAIM))
    for agent, endpoint in status.items():
        with urllib.request.urlopen(f"{endpoint}/status", timeout=10) as reply:
            operations = [operation["name"] for operation in json.load(reply)["operations"]]
        for operation in operations:
            up.run("call", f"{agent}.{operation}", expect=None)
    held = up.run("call", "settlement.grant_goodwill", "--data", json.dumps(GOODWILL))
    assert "PENDING" in held.stdout
    # An agent that is not there is an error of whoever needs it.
    os.kill(up.pids()["damage_assessment"], signal.SIGKILL)
    up.run("call", "claim_intake.report_damage", "--data", json.dumps(DAMAGE), expect=1)
    up.run("up")
    outcomes = {"200", "202", "400", "502"}
    counted = "sum by (outcome) (l9_calls_total) > 0"
    wait(lambda: {series["metric"]["outcome"] for series in ask(counted)} >= outcomes, lambda: str(ask(counted)))
    wait(lambda: check()[0] == 0, lambda: str(empty(check()[1])))
    assert {target["agent"] for target in check()[1]["targets"]} == {*AGENTS}
    (waiting,) = ask('l9_decisions_waiting{agent="settlement"}')
    assert float(waiting["value"][1]) == 1
    # What an agent says of itself is not believed: its target says who it is, and that once.
    assert {tuple(sorted(s["metric"])) for s in ask("l9_build_info")} == {
        ("__name__", "agent", "code_digest", "collection", "instance", "job", "stack", "version")
    }


def test_an_agent_that_is_gone_and_a_rule_that_is_not_loaded_are_told_by_name(up: Deployed, check, ask: Ask):
    os.kill(up.pids()["coverage_check"], signal.SIGKILL)
    rules = up.root / FOLDER / "rules.yml"
    text = rules.read_text()
    rules.write_text(text + text[text.index("      - alert: ") :].replace("AgentDown", "NeverLoaded", 1))
    wait(lambda: any(target["state"] == "down" for target in check()[1]["targets"]), lambda: str(check()[1]["targets"]))
    code, found = check()
    assert code == 6
    assert [target["agent"] for target in found["targets"] if target["state"] == "down"] == ["coverage_check"]
    missing = {rule["alert"] for rule in found["rules"] if rule["state"] == "missing"}
    assert "NeverLoaded" in missing
    pending = 'ALERTS{alertname="AgentDown",agent="coverage_check"}'
    wait(lambda: bool(ask(pending)), lambda: "no alert")
    assert up.previewed() == ["update claims_desk-coverage_check", "update claims_desk-monitoring"]
    up.run("up")
    assert rules.read_text() == text
    wait(lambda: check()[0] == 0, lambda: str(check()))
