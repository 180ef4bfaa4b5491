"""What watches a stack: its files everywhere, and Prometheus and Grafana where the runtime runs containers."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from l9stack.extraction.prepare import PreparedCollection
from l9stack.infra.components.monitoring import Monitoring, MonitoringArgs
from l9stack.infra.container_specs import Container
from l9stack.infra.providers.monitoring import MonitoringFilesProvider
from l9stack.infra.runtimes.containers.monitors import grafana_container, prometheus_container
from l9stack.infra.settings import StackSettings
from l9stack.infra.settings.monitoring import IMAGES, MonitoringSettings
from l9stack.infra.specs import RunningWorkload
from l9stack.model.artifact import Artifact, tree_digest
from l9stack.output.store import Store
from l9stack.project import Project
from tests.component.conftest import Deploy
from tests.component.recording import SECRET, World, run
from tests.component.test_settings import configured, problems

AGENTS = ("claim_intake", "coverage_check", "customer_notice", "damage_assessment", "settlement")
SOURCE = "code/L9/monitoring/claims_desk"
FILES = "MonitoringFiles claims_desk-monitoring"
BOARDS = {"overview.json", *(f"agents/{agent}.json" for agent in AGENTS)}
SERVERS = {
    "prometheus": ("65534:65534", "/prometheus", 9090, 512),
    "grafana": ("472:472", "/var/lib/grafana", 3000, 384),
}


@pytest.fixture(scope="module")
def docker(deploy: Deploy) -> World:
    return deploy("staging", runtime="docker", monitoring=MonitoringSettings())


def digest_of(example: PreparedCollection) -> str:
    files = {a.path.removeprefix(f"{SOURCE}/"): a.sha256 for a in example.tree.artifacts if a.path.startswith(SOURCE)}
    assert files.keys() == BOARDS | {"rules.yml"}
    placed = {path if path == "rules.yml" else f"dashboards/{path}": digest for path, digest in files.items()}
    return tree_digest(placed.items())


def test_a_runtime_without_containers_gets_the_files_for_somebody_elses_prometheus(
    deploy: Deploy, example: PreparedCollection
) -> None:
    world = deploy(monitoring=MonitoringSettings(interval_seconds=5))
    assert world[FILES].parent == "Monitoring claims_desk-monitoring"
    assert world["Monitoring claims_desk-monitoring"].parent == "Stack claims_desk"
    assert world[FILES].inputs == {
        "stack": "dev",
        "collection": "claims_desk",
        "digest": digest_of(example),
        "part": example.tree.part_digest(None),
        "source": SOURCE,
        "servers": False,
        "scraped": {
            "interval_seconds": 5,
            "port": 8080,
            "urls": {agent: f"http://127.0.0.1/claims_desk-{agent}" for agent in AGENTS},
        },
    }
    told = {"dashboards": "L9/monitoring/claims_desk/", "files": "deployments/monitoring"}
    assert world.outputs["Monitoring claims_desk-monitoring"] == {"monitoring": told}
    assert world.outputs["Stack claims_desk"]["monitoring"] == told
    assert world["DeploymentManifest claims_desk-manifest"].inputs["document"]["monitoring"] == told


@pytest.mark.parametrize("runtime", ["local", "docker"])
def test_switched_off_there_is_none(deploy: Deploy, example: PreparedCollection, runtime: str) -> None:
    off = replace(example, plan=example.plan.model_copy(update={"monitoring": None}))
    world = deploy("staging", prepared=off, runtime=runtime, monitoring=MonitoringSettings())
    assert not {"Monitoring", "MonitoringFiles"} & world.names().keys()
    assert "monitoring" not in world.outputs["Stack claims_desk"]


def test_without_servers_there_are_files_for_the_published_ports(deploy: Deploy) -> None:
    world = deploy("staging", runtime="docker", monitoring=MonitoringSettings(servers=False))
    assert not {f"claims_desk-{server}" for server in SERVERS} & world.names()["Container"]
    urls = world[FILES].inputs["scraped"]["urls"]
    assert urls.keys() == {*AGENTS} and all(re.fullmatch(r"http://127\.0\.0\.1:\d+", url) for url in urls.values())


def test_prometheus_and_grafana_are_confined_and_keep_their_data(docker: World) -> None:
    ports = set()
    for server, (user, data, port, memory) in SERVERS.items():
        inputs = docker[f"Container claims_desk-{server}"].inputs
        assert docker[f"Container claims_desk-{server}"].parent == "Monitoring claims_desk-monitoring"
        assert docker[f"RemoteImage claims_desk-{server}-image"].inputs == {
            "name": IMAGES[server],
            "keepLocally": True,
        }
        expected = {
            "name": f"claims_desk-{server}-staging",
            "image": f"sha256:{IMAGES[server]}",
            "user": user,
            "readOnly": True,
            "capabilities": {"drops": ["ALL"]},
            "securityOpts": ["no-new-privileges:true"],
            "memory": memory,
            "restart": "unless-stopped",
        }
        assert {key: inputs.get(key) for key in expected} == expected
        mounts = {mount["target"]: (mount["source"], mount["readOnly"]) for mount in inputs["mounts"]}
        assert mounts == {
            data: (f"claims_desk-{server}-data-staging", False),
            "/run/l9": (f"claims_desk-{server}-files-staging", True),
        }
        kind, probe = inputs["healthcheck"]["tests"]
        assert kind == "CMD-SHELL" and subprocess.run(["sh", "-nc", probe], check=False).returncode == 0
        (published,) = inputs["ports"]
        assert published == {"internal": port, "external": published["external"], "ip": "127.0.0.1"}
        ports.add(published["external"])
    assert len(ports) == 2


def test_who_looks_at_dashboards_reaches_prometheus_and_no_agent(docker: World) -> None:
    def networks(name: str) -> set[str]:
        return {network["name"] for network in docker[f"Container {name}"].inputs["networksAdvanced"]}

    assert networks("claims_desk-grafana") == {"claims_desk-monitoring-staging"}
    assert networks("claims_desk-prometheus") == {"claims_desk-monitoring-staging", "claims_desk-agents-staging"}
    for agent in AGENTS:
        assert "claims_desk-monitoring-staging" not in networks(f"claims_desk-{agent}")


def test_each_is_brought_its_own_files_once_they_are_written(docker: World) -> None:
    brought = {
        server: {upload["file"]: upload for upload in docker[f"Container claims_desk-{server}-files"].inputs["uploads"]}
        for server in SERVERS
    }
    assert brought["prometheus"].keys() == {
        f"/run/l9/{name}" for name in ("prometheus.yml", "rules.yml", "targets.json")
    }
    assert brought["grafana"].keys() == {
        "/run/l9/password",
        "/run/l9/grafana/datasources/prometheus.yml",
        "/run/l9/grafana/dashboards/files.yml",
        *(f"/run/l9/dashboards/{board}" for board in BOARDS),
    }
    for server, uploads in brought.items():
        for path, upload in uploads.items():
            if path != "/run/l9/password":
                source = path.replace("/run/l9/", "deployments/staging/monitoring/")
                assert (upload["source"], upload["permissions"]) == (source, "0444")
                assert re.fullmatch(r"[0-9a-f]{64}", upload["sourceHash"])
        assert FILES in docker[f"Container claims_desk-{server}-files"].after
    assert "Container claims_desk-prometheus" in docker.before("Container claims_desk-grafana")


def test_the_admins_password_is_a_secret_of_the_stack_in_a_file(docker: World) -> None:
    found = docker["Container claims_desk-grafana-files"]
    (upload,) = [upload for upload in found.inputs["uploads"] if upload["file"] == "/run/l9/password"]
    assert upload == {"file": "/run/l9/password", "content": SECRET, "permissions": "0400"}
    assert list(found.secrets.values()) == ["word-of-claims_desk-grafana-password"]
    assert docker["Password claims_desk-grafana-password"].secret_outputs == {"value"}
    assert docker.outputs["Stack claims_desk"]["grafana_password"] == SECRET
    assert "word-of" not in json.dumps(docker["DeploymentManifest claims_desk-manifest"].inputs)
    environment = docker["Container claims_desk-grafana"].inputs["envs"]
    assert "GF_SECURITY_ADMIN_PASSWORD__FILE=/run/l9/password" in environment
    for resource in docker.resources.values():
        assert "word-of-claims_desk-grafana" not in json.dumps(resource.inputs)


def test_agents_are_scraped_by_their_names_in_their_network(docker: World) -> None:
    hosts = {agent: f"http://{agent.replace('_', '-')}:8080" for agent in AGENTS}
    assert docker[FILES].inputs["scraped"] == {"interval_seconds": 15, "port": 8080, "urls": hosts}
    told = docker.outputs["Monitoring claims_desk-monitoring"]["monitoring"]
    for server in SERVERS:
        (published,) = docker[f"Container claims_desk-{server}"].inputs["ports"]
        assert told[server] == f"http://127.0.0.1:{published['external']}"


def test_images_retention_and_memory_are_the_stack_configs(deploy: Deploy) -> None:
    images = {"prometheus": "registry.example.com/prometheus:v9", "grafana": "registry.example.com/grafana:99"}
    chosen = MonitoringSettings(images=images, retention_days=90, prometheus_memory_mb=2048)
    world = deploy("staging", runtime="docker", monitoring=chosen)
    for server, image in images.items():
        assert world[f"RemoteImage claims_desk-{server}-image"].inputs["name"] == image
    prometheus = world["Container claims_desk-prometheus"].inputs
    assert "--storage.tsdb.retention.time=90d" in prometheus["command"] and prometheus["memory"] == 2048


def test_editing_one_schema_brings_grafana_its_dashboard_and_leaves_prometheus_alone(
    deploy: Deploy, docker: World, reworded: PreparedCollection
) -> None:
    after = deploy("staging", prepared=reworded, runtime="docker", monitoring=MonitoringSettings())

    def uploads(world: World, server: str) -> dict[str, str]:
        found = world[f"Container claims_desk-{server}-files"].inputs["uploads"]
        return {upload["file"]: upload.get("sourceHash", "") for upload in found}

    assert uploads(after, "prometheus") == uploads(docker, "prometheus")
    assert uploads(after, "grafana").items() ^ uploads(docker, "grafana").items() == {
        (path, digest)
        for world in (docker, after)
        for path, digest in uploads(world, "grafana").items()
        if path == "/run/l9/dashboards/agents/coverage_check.json"
    }


class Replicas:
    """A runtime whose agents have replicas, and which writes down what it is to run."""

    name = "swarm"
    replicated = True

    def __init__(self) -> None:
        self.ran: dict[str, set[str]] = {}

    def watch(self, name: str, spec: Container, contents: Any, parent: pulumi.Resource, after: Any) -> RunningWorkload:
        assert {file.name for file in spec.files} <= contents.keys()
        self.ran[name] = {file.name for file in spec.files}
        return RunningWorkload(parent, f"http://{name}", "1")


def test_where_agents_have_replicas_each_is_found_by_dns(example: PreparedCollection) -> None:
    runtime, planned = Replicas(), example.plan.monitoring
    assert planned is not None

    def program() -> None:
        agents = {agent: RunningWorkload(pulumi.ComponentResource("t", agent), "http://all", "1") for agent in AGENTS}
        folder = "deployments/prod/monitoring"
        arguments = MonitoringArgs(
            runtime,
            MonitoringSettings(),
            planned,
            example.tree,
            "prod",
            folder,
            agents,  # type: ignore[arg-type]
        )
        Monitoring("claims_desk-monitoring", arguments)

    world = run(program, "prod")
    names = {f"tasks.{agent.replace('_', '-')}": agent for agent in AGENTS}
    assert world[FILES].inputs["scraped"] == {"interval_seconds": 15, "port": 8080, "discovered": names}
    assert world[FILES].inputs["servers"] is True
    assert runtime.ran["claims_desk-prometheus"] == {"prometheus.yml", "rules.yml"}
    assert runtime.ran["claims_desk-grafana"] >= {f"dashboards/{board}" for board in BOARDS}


def test_containers_are_the_same_whatever_runs_them() -> None:
    settings, names = MonitoringSettings(), ["prometheus.yml", "rules.yml", "dashboards/overview.json"]
    prometheus = prometheus_container("desk", "prod", settings, names)
    grafana = grafana_container("desk", "prod", settings, names)
    assert [file.name for file in prometheus.files] == ["prometheus.yml", "rules.yml"]
    assert [file.name for file in grafana.files] == ["grafana-password", "dashboards/overview.json"]
    assert [file.name for file in (*prometheus.files, *grafana.files) if file.secret] == ["grafana-password"]
    assert grafana.after == ("desk-prometheus",)
    assert not {user.partition(":")[0] for user in (prometheus.user, grafana.user)} & {"0", "root"}
    for command in prometheus.command:
        assert shlex.quote(command) == command


# -- files -------------------------------------------------------------------------------------------------------------

RULES = Artifact(path=f"{SOURCE}/rules.yml", text="groups: []\n")
BOARD = Artifact(path=f"{SOURCE}/agents/desk.json", text="{}\n")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    (tmp_path / "Pulumi.yaml").write_text("name: l9stack\n")
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path.resolve())


def props(project: Project, **changes: Any) -> dict[str, Any]:
    return {
        "stack": "dev",
        "collection": "claims_desk",
        "digest": "0",
        "part": Store(project).put([RULES, BOARD]),
        "source": SOURCE,
        "scraped": {"interval_seconds": 15.0, "port": 8080.0, "urls": {"desk": "http://127.0.0.1:4100"}},
        "servers": False,
        "edited": [],
        **changes,
    }


def test_files_are_written_as_generated_with_the_targets_as_deployed(place: Project) -> None:
    made = MonitoringFilesProvider().create(props(place)).outs
    folder = place.root / made["folder"]
    assert made["folder"] == "deployments/dev/monitoring"
    texts = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert made["files"] == {path: hashlib.sha256(text.encode()).hexdigest() for path, text in texts.items()}
    assert texts.keys() == {"rules.yml", "dashboards/agents/desk.json", "prometheus.yml", "targets.json"}
    assert (texts["rules.yml"], texts["dashboards/agents/desk.json"]) == (RULES.text, BOARD.text)
    labels = {"agent": "desk", "collection": "claims_desk", "stack": "dev"}
    assert json.loads(texts["targets.json"]) == [{"targets": ["127.0.0.1:4100"], "labels": labels}]
    config = yaml.safe_load(texts["prometheus.yml"])
    assert "alerting" not in config
    assert config["rule_files"] == ["rules.yml"]
    assert config["scrape_configs"][0]["file_sd_configs"] == [{"files": ["targets.json"]}]


def test_an_agent_behind_https_and_a_path_is_scraped_there(place: Project) -> None:
    scraped = {"interval_seconds": 15, "port": 8080, "urls": {"desk": "https://desk.example.com/one"}}
    MonitoringFilesProvider().create(props(place, scraped=scraped))
    (group,) = json.loads((place.root / "deployments/dev/monitoring/targets.json").read_text())
    assert group["targets"] == ["desk.example.com"]
    assert (group["labels"]["__scheme__"], group["labels"]["__metrics_path__"]) == ("https", "/one/metrics")


def test_replicas_are_discovered_and_each_has_its_agents_name(place: Project) -> None:
    scraped = {"interval_seconds": 15, "port": 8080, "discovered": {"tasks.desk": "desk"}}
    made = MonitoringFilesProvider().create(props(place, scraped=scraped, servers=True)).outs
    assert "targets.json" not in made["files"]
    (job,) = yaml.safe_load((place.root / "deployments/dev/monitoring/prometheus.yml").read_text())["scrape_configs"]
    assert job["dns_sd_configs"] == [{"names": ["tasks.desk"], "type": "A", "port": 8080, "refresh_interval": "15s"}]
    assert {(rule["target_label"], rule["replacement"]) for rule in job["relabel_configs"]} == {
        ("agent", "desk"),
        ("collection", "claims_desk"),
        ("stack", "dev"),
    }


def test_alerts_are_sent_to_the_alertmanager_that_the_stack_names(deploy: Deploy, place: Project) -> None:
    chosen = MonitoringSettings(alertmanager="https://alerts.example.com/team/", prometheus="http://metrics:9090")
    world = deploy(monitoring=chosen)
    scraped = world[FILES].inputs["scraped"]
    assert scraped["alertmanager"] == chosen.alertmanager
    assert world.outputs["Stack claims_desk"]["monitoring"]["prometheus"] == "http://metrics:9090"
    MonitoringFilesProvider().create(props(place, scraped=scraped))
    config = yaml.safe_load((place.root / "deployments/dev/monitoring/prometheus.yml").read_text())
    assert config["alerting"]["alertmanagers"] == [
        {"scheme": "https", "path_prefix": "/team", "static_configs": [{"targets": ["alerts.example.com"]}]}
    ]


def test_the_stacks_grafana_finds_its_prometheus_and_its_dashboards(place: Project) -> None:
    MonitoringFilesProvider().create(props(place, servers=True))
    folder = place.root / "deployments/dev/monitoring/grafana"
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"]
    assert (source["type"], source["url"], source["isDefault"]) == ("prometheus", "http://prometheus:9090", True)
    (provider,) = yaml.safe_load((folder / "dashboards/files.yml").read_text())["providers"]
    assert provider["options"] == {"path": "/run/l9/dashboards"}


def test_an_edit_is_drift_that_is_kept_and_what_is_not_ours_stays(place: Project) -> None:
    provider, wanted = MonitoringFilesProvider(), props(place)
    known = provider.create(wanted).outs
    folder = place.root / known["folder"]
    assert provider.observe(known) == {"edited": []}
    (folder / "rules.yml").write_text("groups: [mine]\n")
    (folder / "targets.json").unlink()
    (folder / "own.yml").write_text("somebody else's\n")
    drifted = provider.read("claims_desk", known).outs
    assert drifted["edited"] == [f"deployments/dev/monitoring/{name}" for name in ("rules.yml", "targets.json")]
    assert provider.diff("claims_desk", drifted, wanted).changes
    assert provider.observe(provider.update("claims_desk", drifted, wanted).outs) == {"edited": []}
    assert (folder / "rules.yml").read_text() == RULES.text
    (patch,) = (place.patches / "claims_desk").rglob("*.patch")
    assert "+groups: [mine]" in patch.read_text()
    assert (folder / "own.yml").read_text() == "somebody else's\n"


def test_the_dashboard_of_an_agent_that_is_no_more_goes_and_so_does_all_in_the_end(place: Project) -> None:
    provider = MonitoringFilesProvider()
    known = provider.create(props(place)).outs
    folder = place.root / known["folder"]
    fewer = props(place, part=Store(place).put([RULES]), digest="1")
    known = provider.update("claims_desk", known, fewer).outs
    assert not (folder / "dashboards").exists() and (folder / "rules.yml").is_file()
    provider.delete("claims_desk", known)
    assert not folder.exists()


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "key", "message"),
    [
        ({"dashboards": True}, "monitoring.dashboards", "unknown key"),
        ({"servers": "yes"}, "monitoring.servers", "not understood: 'yes'"),
        ({"images": {"loki": "grafana/loki:3"}}, "monitoring.images.loki", "unknown image"),
        ({"images": {"grafana": "grafana/grafana:latest"}}, "monitoring.images.grafana", "names no version"),
        ({"interval_seconds": 0}, "monitoring.interval_seconds", "not understood: 0"),
        ({"retention_days": 1.5}, "monitoring.retention_days", "not understood: 1.5"),
        ({"prometheus_memory_mb": 64}, "monitoring.prometheus_memory_mb", "not understood: 64"),
        ({"prometheus": "127.0.0.1:9090"}, "monitoring.prometheus", "not an address that can be used"),
        ({"prometheus": 9090}, "monitoring.prometheus", "not understood: 9090"),
        ({"alertmanager": "http://user:word@host"}, "monitoring.alertmanager", "not an address that can be used"),
        ({"alertmanager": "http://host:99999"}, "monitoring.alertmanager", "not an address that can be used"),
    ],
)
def test_a_wrong_setting_is_a_problem_of_its_key(values: dict[str, Any], key: str, message: str) -> None:
    ((place, told, _),) = problems({"monitoring": values})
    assert place == f"l9stack:{key}" and message in told and "word" not in told


def test_what_a_stack_says_is_read() -> None:
    said = {"servers": False, "interval_seconds": 5, "retention_days": 90, "images": {"prometheus": "a/b:1"}}
    read = StackSettings.read(configured({"monitoring": said})).monitoring
    assert read == MonitoringSettings(**said)
    assert (read.image("prometheus"), read.image("grafana")) == ("a/b:1", IMAGES["grafana"])
