"""The providers without the engine: what counts as a change, what is kept, what is seen where nothing runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from l9stack.files import write_file
from l9stack.infra.providers.agent import LocalAgentProvider
from l9stack.infra.providers.base import Provider
from l9stack.infra.providers.baseline import BaselineProvider
from l9stack.infra.providers.code import AgentCodeProvider
from l9stack.infra.providers.config import UnifiedConfigProvider
from l9stack.infra.providers.gate import ExtractionGateProvider
from l9stack.infra.providers.health import HealthCheckProvider
from l9stack.infra.providers.manifest import DeploymentManifestProvider
from l9stack.infra.providers.monitoring import MonitoringFilesProvider
from l9stack.infra.providers.secret import PasswordProvider
from l9stack.infra.providers.service import ExternalServiceProvider, LocalServiceProvider
from l9stack.model.artifact import Artifact
from l9stack.output.store import Store
from l9stack.project import Project

MODULES = {
    LocalAgentProvider: "agent",
    BaselineProvider: "baseline",
    AgentCodeProvider: "code",
    UnifiedConfigProvider: "config",
    ExtractionGateProvider: "gate",
    HealthCheckProvider: "health",
    DeploymentManifestProvider: "manifest",
    MonitoringFilesProvider: "monitoring",
    PasswordProvider: "secret",
    ExternalServiceProvider: "service",
    LocalServiceProvider: "service",
}


class Lamp(Provider):
    inputs = ("room", "colour", "note", "state")
    watched = ("room", "colour", "state")
    carried = ("address",)
    desired = {"state": "lit"}
    key = "room"
    seen: dict[str, Any] = {}

    def make(self, props: Any) -> dict[str, Any]:
        return {"address": f"at {props['room']}"}

    def observe(self, props: Any) -> dict[str, Any]:
        if "error" in self.seen:
            raise self.seen["error"]
        return self.seen


HALL = {"room": "hall", "colour": "red", "note": "old", "state": "lit"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    (tmp_path / "Pulumi.yaml").write_text("name: l9stack\n")
    monkeypatch.chdir(tmp_path)
    yield Project(tmp_path.resolve())
    assert not (tmp_path / ".l9" / "run").exists(), "a supervisor was started"


@pytest.mark.parametrize(
    ("field", "value", "changes"),
    [("colour", "blue", True), ("state", "out", True), ("room", "attic", True), ("note", "new", False)],
)
def test_only_watched_inputs_count_as_a_change(field: str, value: str, changes: bool) -> None:
    assert Lamp().diff("hall", HALL, HALL).changes is False
    assert Lamp().diff("hall", HALL, HALL | {field: value}).changes is changes


def test_check_fills_in_what_should_be_and_carries_over_what_is_known() -> None:
    news = {"room": "hall", "colour": "red"}
    assert Lamp().check({}, news).inputs == news | {"state": "lit"}
    known = Lamp().check({"address": "at hall", "state": "out", "colour": "blue"}, news).inputs
    assert known == news | {"state": "lit", "address": "at hall"}
    assert Lamp().check({"address": "at hall"}, news | {"address": "elsewhere"}).inputs["address"] == "elsewhere"


def test_drift_overwrites_watched_inputs_so_that_the_next_diff_names_it() -> None:
    lamp = Lamp()
    lamp.seen = {"state": "out", "heat": 3}
    read = lamp.read("hall", HALL | {"address": "at hall"})
    assert read.outs == HALL | {"address": "at hall", "state": "out", "heat": 3}
    assert read.inputs == HALL | {"address": "at hall", "state": "out"}
    wanted = lamp.check(read.inputs, {"room": "hall", "colour": "red", "note": "old"}).inputs
    assert lamp.diff("hall", read.outs, wanted).changes is True
    lamp.seen = {}
    assert lamp.diff("hall", lamp.read("hall", HALL).outs, HALL).changes is False


@pytest.mark.parametrize("error", [OSError("gone"), KeyError("x"), RuntimeError()])
def test_read_never_raises_and_keeps_what_was_known(error: Exception) -> None:
    lamp = Lamp()
    lamp.seen = {"error": error}
    read = lamp.read("hall", HALL)
    assert (read.id, read.outs, read.inputs) == ("hall", HALL, HALL)


def test_create_and_update_give_inputs_and_outputs() -> None:
    created = Lamp().create(HALL)
    assert (created.id, created.outs) == ("hall", HALL | {"address": "at hall"})
    assert Lamp().update("hall", {}, HALL | {"room": "attic"}).outs["address"] == "at attic"


@pytest.mark.parametrize("provider", MODULES, ids=lambda provider: provider.__name__)
def test_providers_keep_their_import_path_and_watch_only_their_inputs(provider: type[Provider]) -> None:
    assert provider.__module__ == f"l9stack.infra.providers.{MODULES[provider]}"
    assert {*provider.watched, *provider.desired, provider.key} <= {*provider.inputs}
    assert {*provider.desired} <= {*provider.watched}
    assert not {*provider.carried} & {*provider.watched}


@pytest.mark.parametrize(
    ("provider", "props", "seen"),
    [
        (LocalServiceProvider, {"service": "redis", "stack": "dev"}, {"state": "stopped"}),
        (LocalAgentProvider, {"agent": "desk", "stack": "dev"}, {"state": "stopped"}),
        (
            ExternalServiceProvider,
            {"service": "redis", "url": "redis://127.0.0.1:1/0"},
            {"state": "nobody listens there"},
        ),
        (ExternalServiceProvider, {"service": "archive", "url": "s3://bucket"}, {"state": "running"}),
        (AgentCodeProvider, {"collection": "desk", "agent": "desk"}, {"edited": []}),
        (ExtractionGateProvider, {"collection": "desk"}, {"view": "missing: never published"}),
        (
            UnifiedConfigProvider,
            {"collection": "desk", "stack": "dev", "digest": "0"},
            {"edited": ["deployments/dev/desk_config.yaml"]},
        ),
        (BaselineProvider, {"stack": "dev"}, {"keys": "there"}),
        (
            BaselineProvider,
            {"stack": "dev", "agents": ["desk"], "anchors": ["Lead"]},
            {"keys": "none of agent:desk, anchor:Lead, operator"},
        ),
        (HealthCheckProvider, {"endpoint": "http://127.0.0.1:1", "path": "/health"}, {}),
        (
            DeploymentManifestProvider,
            {"stack": "dev", "document": {}},
            {"state": "missing: deployment_manifest.json; missing: deployment_readiness.md"},
        ),
        (PasswordProvider, {"name": "word"}, {}),
    ],
)
def test_where_nothing_runs_that_is_seen_and_nothing_is_started(
    project: Project, provider: type[Provider], props: dict[str, Any], seen: dict[str, Any]
) -> None:
    assert provider().observe(props) == seen
    assert not project.state.exists() and not (project.root / "deployments").exists()


def test_taking_away_what_is_not_there_is_no_error(project: Project) -> None:
    LocalServiceProvider().delete("redis", {"service": "redis", "stack": "dev"})
    LocalAgentProvider().delete("desk", {"agent": "desk", "stack": "dev"})
    UnifiedConfigProvider().delete("desk", {"collection": "desk", "stack": "dev"})
    DeploymentManifestProvider().delete("dev", {"stack": "dev"})


def test_the_config_is_written_from_the_store_and_an_edit_is_drift_that_is_kept(project: Project) -> None:
    file = Artifact(path="desk_config.yaml", text="logging: {level: INFO}\n")
    provider = UnifiedConfigProvider()
    props = {
        "stack": "dev",
        "collection": "desk",
        "digest": file.sha256,
        "part": Store(project).put([file]),
        "edited": [],
    }
    path = project.root / "deployments" / "dev" / "desk_config.yaml"
    assert provider.create(props).outs == props | {"file": "deployments/dev/desk_config.yaml"}
    assert path.read_text() == file.text and provider.observe(props) == {"edited": []}
    path.write_text("logging: {level: DEBUG}\n")
    drifted = provider.read("desk", props).outs
    assert drifted["edited"] == ["deployments/dev/desk_config.yaml"] and provider.diff("desk", drifted, props).changes
    provider.update("desk", drifted, props)
    assert path.read_text() == file.text
    (patch,) = [found for found in project.patches.rglob("*") if found.is_file()]
    assert "+logging: {level: DEBUG}" in patch.read_text()
    changed = Artifact(path="desk_config.yaml", text="logging: {level: ERROR}\n")
    news = props | {"digest": changed.sha256, "part": Store(project).put([changed])}
    path.write_text("logging: {level: FATAL}\n")
    provider.update("desk", props | {"edited": ["deployments/dev/desk_config.yaml"]}, news)
    assert path.read_text() == changed.text
    kept = [found.read_text() for found in project.patches.rglob("*") if found.is_file()]
    (both,) = [text for text in kept if "FATAL" in text]
    assert "-logging: {level: INFO}" in both
    provider.delete("desk", props)
    assert not path.exists()


def test_an_edited_or_missing_manifest_or_readiness_is_drift_by_name(project: Project) -> None:
    provider, props = DeploymentManifestProvider(), {"stack": "dev", "document": deployment(), "state": "written"}
    made = provider.create(props).outs
    assert made["file"] == "deployments/dev/deployment_manifest.json"
    manifest, page = (project.deployment("dev") / f"deployment_{name}" for name in ("manifest.json", "readiness.md"))
    assert json.loads(manifest.read_text())["agents"]["clerk"]["endpoint"] == "http://127.0.0.1:1"
    assert manifest.read_text() == json.dumps(json.loads(manifest.read_text()), indent=2, sort_keys=True) + "\n"
    assert provider.observe(made) == {"state": "written"}
    write_file(page, b"all is well")
    assert provider.observe(made) == {"state": "edited: deployment_readiness.md"}
    manifest.unlink()
    assert provider.observe(made) == {"state": "missing: deployment_manifest.json; edited: deployment_readiness.md"}
    assert provider.diff("dev", provider.read("dev", made).outs, props).changes
    provider.update("dev", made, props)
    assert "clerk" in page.read_text()
    provider.delete("dev", props)
    assert not page.parent.exists()


def deployment() -> dict[str, Any]:
    """A stack's outputs, as numbers come from the engine: an agent that nobody runs."""
    url = "http://127.0.0.1:1"
    urls = {"endpoint": url, "health_url": f"{url}/health", "ready_url": f"{url}/ready"}
    digests = {"release": "1", "tree_digest": "2", "extraction": "extractions/desk_1", "evidence": "report.md"}
    return {
        **digests,
        "stack": "dev",
        "runtime": "docker",
        "collection": "desk",
        "config": "deployments/dev/desk_config.yaml",
        "anchors": ["Ada"],
        "agents": {"clerk": {**urls, "health": "ok", "code_digest": "3", "replicas": 1.0}},
        "backends": {},
        "tests": {"passed": 4.0, "failed": 0.0, "skipped": 0.0, "seconds": 1.5},
        "deployment_ready": True,
    }


def test_passwords_are_random_and_read_alike_by_urls_shells_and_options() -> None:
    words = {PasswordProvider().create({"name": "word"}).outs["value"] for _ in range(50)}
    assert len(words) == 50 and all(len(word) == 48 and set(word) <= set("0123456789abcdef") for word in words)


def test_the_folder_is_known_beforehand_only_while_tree_and_view_stay() -> None:
    provider, news = (
        ExtractionGateProvider(),
        {"collection": "desk", "digest": "1", "output": "out", "implementations": ""},
    )
    olds = news | {"edited": [], "view": "published", "folder": "out/desk_1"}
    assert provider.check(olds, news).inputs == olds
    assert provider.check(olds | {"edited": ["a"]}, news).inputs["folder"] == "out/desk_1"
    for other in ({"digest": "2"}, {"view": "missing: out/desk_1"}, {"implementations": "9"}):
        assert "folder" not in provider.check(olds | other, news).inputs


def test_a_baseline_is_measured_again_only_when_up_names_another_server() -> None:
    olds = {"stack": "dev", "runtime": "local", "services": ["redis"], "anchors": [], "instances": {"redis": "1"}}
    olds |= {"agents": [], "keys": "there"}
    preview = {key: value for key, value in olds.items() if key != "instances"}
    provider = BaselineProvider()
    assert provider.diff("dev", olds, preview).changes is False
    assert provider.diff("dev", olds, olds).changes is False
    assert provider.diff("dev", olds, preview | {"instances": {"redis": "2"}}).changes is True
    assert provider.diff("dev", olds, preview | {"anchors": ["Lead"]}).changes is True
