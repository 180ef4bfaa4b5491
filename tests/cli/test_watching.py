"""`l9 monitoring`: what is empty, not loaded or not reached is told, and ends with 6."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from l9stack.cli.main import main
from l9stack.errors import ServiceError
from l9stack.model.deployment import DeployedMonitoring, Deployment
from l9stack.running.monitoring import prometheus

BOARD = {
    "title": "desk: overview",
    "panels": [
        {"title": "Calls", "type": "row", "panels": []},
        {"title": "Up", "targets": [{"expr": 'up{stack="$stack"}'}]},
        {"title": "Latency", "targets": [{"expr": "quantile(x[$__rate_interval])"}]},
    ],
}
RULES = "groups:\n  - name: desk\n    rules:\n      - alert: Down\n        expr: up == 0\n      - alert: Slow\n"


class Fake:
    """A Prometheus that answers what it is given, by query or path."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {'up{stack="dev"}': ["1"], "quantile(x[15m])": ["NaN", "0.2"]}
        self.rules = [("Down", "ok", "inactive", "desk"), ("Slow", "ok", "firing", "desk")]
        self.targets = [("desk", "dev", "up"), ("other", "dev", "down"), ("desk", "prod", "down")]

    def answer(self, path: str, asked: dict[str, list[str]]) -> tuple[int, Any]:
        match path.removeprefix("/api/v1/"):
            case "query":
                query = asked["query"][0]
                if query not in self.values:
                    return 400, {"status": "error", "error": f"parse error in {query}"}
                return 200, data({"result": [{"metric": {}, "value": [0, value]} for value in self.values[query]]})
            case "rules":
                rules = [
                    {"name": n, "health": health, "state": state, "labels": {"collection": c}, "lastError": "why"}
                    for n, health, state, c in self.rules
                ]
                return 200, data({"groups": [{"rules": rules}]})
            case "targets":
                targets = [
                    {"labels": {"agent": "a", "collection": c, "stack": s}, "health": h, "lastError": "refused"}
                    for c, s, h in self.targets
                ]
                return 200, data({"activeTargets": targets})
        return 404, {}


def data(found: Any) -> dict[str, Any]:
    return {"status": "success", "data": found}


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def address(fake: Fake) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, body = fake.answer(parts.path, parse_qs(parts.query))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: l9stack\n")
    folder = tmp_path / "deployments" / "dev"
    (folder / "monitoring" / "dashboards").mkdir(parents=True)
    (folder / "monitoring" / "dashboards" / "overview.json").write_text(json.dumps(BOARD))
    (folder / "monitoring" / "rules.yml").write_text(RULES)
    watched = DeployedMonitoring(dashboards="L9/monitoring/desk/", files="deployments/dev/monitoring")
    deployed = Deployment(
        stack="dev",
        runtime="local",
        collection="desk",
        release="0",
        anchors=(),
        tree_digest="0",
        extraction="e",
        evidence="r",
        config="c",
        agents={},
        backends={},
        deployment_ready=True,
        monitoring=watched,
    )
    (folder / "deployment_manifest.json").write_text(deployed.model_dump_json())
    return tmp_path


def run(project: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = main(["--project", str(project), "monitoring", "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_where_to_look_is_told_without_a_prometheus(project, capsys):
    code, told = run(project, capsys)
    assert code == 0 and told["dashboards"] == "L9/monitoring/desk/"


def test_without_a_prometheus_there_is_a_hint_how_to_start_one(project, capsys):
    code, told = run(project, capsys, "--check")
    assert code == 1
    assert "--config.file=deployments/dev/monitoring/prometheus.yml" in told["problems"][0]["hint"]


def test_where_all_is_well_it_ends_with_0(project, address, capsys):
    code, told = run(project, capsys, "--check", "--prometheus", address)
    assert (code, told["ok"]) == (0, True)
    assert [(panel["panel"], panel["state"]) for panel in told["panels"]] == [("Up", "data"), ("Latency", "data")]
    assert [(rule["alert"], rule["firing"]) for rule in told["rules"]] == [("Down", False), ("Slow", True)]
    # Other collections and stacks of the same Prometheus are theirs.
    assert len(told["targets"]) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda fake: fake.values.update({"quantile(x[15m])": ["NaN"]}), ("panels", "empty", "did anybody call?")),
        (lambda fake: fake.values.update({'up{stack="dev"}': []}), ("panels", "empty", "no series")),
        (lambda fake: fake.values.pop('up{stack="dev"}'), ("panels", "error", "parse error")),
        (lambda fake: fake.rules.pop(), ("rules", "missing", "did not load it")),
        (
            lambda fake: fake.rules.__setitem__(0, ("Down", "ok", "inactive", "other")),
            ("rules", "missing", "rules.yml"),
        ),
        (lambda fake: fake.rules.__setitem__(0, ("Down", "err", "inactive", "desk")), ("rules", "error", "why")),
        (lambda fake: fake.targets.__setitem__(0, ("desk", "dev", "down")), ("targets", "down", "refused")),
    ],
)
def test_what_is_not_well_is_told_and_ends_with_6(project, fake, address, capsys, change, said):
    change(fake)
    code, told = run(project, capsys, "--check", "--prometheus", address)
    assert (code, told["ok"]) == (6, False)
    kind, state, detail = said
    (found,) = [item for item in told[kind] if item["state"] == state]
    assert detail in found["detail"]
    # People are told the same.
    assert main(["--project", str(project), "monitoring", "--check", "--prometheus", address]) == 6
    assert state in capsys.readouterr().out


def test_no_agent_reached_at_all_is_not_well(project, fake, address, capsys):
    fake.targets = []
    assert run(project, capsys, "--check", "--prometheus", address)[0] == 6


def test_the_time_in_which_calls_count_can_be_chosen(project, fake, address, capsys):
    fake.values["quantile(x[3m])"] = ["1"]
    assert run(project, capsys, "--check", "--prometheus", address, "--minutes", "3")[0] == 0


def test_what_is_no_prometheus_is_told_as_that(address):
    with pytest.raises(ServiceError, match="no Prometheus answers"):
        prometheus("http://127.0.0.1:9")("query", {})
    with pytest.raises(ServiceError, match="is it a Prometheus"):
        prometheus(address)("something", {})
