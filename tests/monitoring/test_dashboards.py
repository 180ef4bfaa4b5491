"""Dashboards: valid for their Grafana, about metrics that agents have, and where the config says that they are."""

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client.parser import text_string_to_metric_families

from l9stack.agent._telemetry.metrics import OUTCOMES, REASONS, REFUSALS, VERDICTS, Metrics
from l9stack.agent.definition import load
from l9stack.errors import InputError
from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.files import write_files
from l9stack.inputs import Inputs
from l9stack.model.monitoring import AlertKind
from l9stack.project import Project
from l9stack.rendering.monitoring.panels import SCHEMA_VERSION
from tests.monitoring.conftest import EXAMPLE

CORE = {"row", "stat", "timeseries", "table"}
"""Panels that are part of Grafana itself."""
OF_PROMETHEUS = {"up": {"collection", "stack", "agent"}, "ALERTS": {"alertname", "alertstate", "agent"}}
_WORDS = {"by", "on", "sum", "max", "min", "count", "rate", "increase", "vector", "or", "unless", "offset", "changes"}
_WORDS |= {"histogram_quantile", "le"}


@pytest.fixture(scope="module")
def dashboards(example: PreparedCollection) -> dict[str, dict[str, Any]]:
    assert example.plan.monitoring is not None
    source = example.plan.monitoring.source
    return {
        artifact.path.removeprefix(f"{source}/"): json.loads(artifact.text)
        for artifact in example.tree.artifacts
        if artifact.path.startswith(f"{source}/") and artifact.path.endswith(".json")
    }


def expressions(dashboard: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def test_there_is_one_of_the_collection_and_one_of_each_agent(example, dashboards):
    assert dashboards.keys() == {"overview.json", *(f"agents/{agent.id}.json" for agent in example.plan.agents)}
    assert len({dashboard["uid"] for dashboard in dashboards.values()}) == len(dashboards)
    assert all(8 <= len(dashboard["uid"]) <= 40 for dashboard in dashboards.values())


def test_the_collections_own_files_are_these_and_no_others(example, dashboards):
    """What is no agent's is listed by no schema: it is named here."""
    assert example.plan.monitoring is not None
    source = example.plan.monitoring.source
    own = {artifact.path for artifact in example.tree.part(None)}
    tests = {path for path in own if re.fullmatch(r"tests/codegen_integration/\w+\.py", path)}
    known = {"claims_desk_config.yaml", "tests/conftest.py", f"{source}/rules.yml"}
    assert own - tests == known | {f"{source}/{board}" for board in dashboards}


def test_the_unified_config_says_where_they_lie_and_the_guides_copy_brings_them_there(example, dashboards, tmp_path):
    config = next(a.text for a in example.tree.artifacts if a.path == "claims_desk_config.yaml")
    folder = yaml.safe_load(config)["monitoring"]["dashboards"]
    write_files(tmp_path / "view", ((a.path, a.text.encode()) for a in example.tree.artifacts))
    shutil.copytree(tmp_path / "view" / "code", tmp_path / "checkout")
    found = tmp_path / "checkout" / folder
    assert {path.relative_to(found).as_posix() for path in found.rglob("*.json")} == dashboards.keys()


def test_grafanas_own_model_takes_every_field_of_them(dashboards):
    """A field that its model does not know would be lost on the way through it."""
    register_default_plugins()
    for dashboard in dashboards.values():
        assert dashboard["schemaVersion"] == SCHEMA_VERSION == Dashboard().schema_version
        again = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
        assert list(lost(dashboard, again)) == []


def lost(given: Any, again: Any, path: str = "") -> Any:
    """Where a value did not come back; what was added are defaults."""
    if isinstance(given, dict) and isinstance(again, dict):
        for key, value in given.items():
            yield from lost(value, again[key], f"{path}.{key}") if key in again else [f"{path}.{key}"]
    elif isinstance(given, list) and isinstance(again, list) and len(given) == len(again):
        for number, (one, other) in enumerate(zip(given, again, strict=True)):
            yield from lost(one, other, f"{path}[{number}]")
    elif given != again:
        yield path


def test_a_field_that_grafana_does_not_know_would_be_found(dashboards):
    register_default_plugins()
    dashboard = json.loads(json.dumps(dashboards["overview.json"]))
    dashboard["panels"][1]["titel"] = "x"
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
    assert list(lost(dashboard, again)) == [".panels[1].titel"]


def test_they_need_no_plugin_and_fetch_nothing(dashboards):
    for dashboard in dashboards.values():
        assert {panel["type"] for panel in dashboard["panels"]} <= CORE
        assert "http" not in json.dumps(dashboard).replace("httpMethod", "")
        assert {panel["datasource"]["type"] for panel in dashboard["panels"] if "datasource" in panel} == {"prometheus"}


def test_panels_lie_on_the_grid_and_beside_each_other(dashboards):
    for dashboard in dashboards.values():
        taken: set[tuple[int, int]] = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken
            taken |= cells
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert len(set(ids)) == len(ids)


# -- metrics -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exposed(example, tmp_path_factory) -> dict[str, dict[str, set[str]]]:
    """What the example's agents expose before their first call: labels with their values, by series."""
    folder = tmp_path_factory.mktemp("agents")
    write_files(folder / "tree", ((a.path, a.text.encode()) for a in example.tree.artifacts))
    found: dict[str, dict[str, set[str]]] = {}
    for agent in example.plan.agents:
        manifest = folder / "tree" / "manifests" / f"{agent.id}.json"
        implementations = (example.implementations,) if example.implementations else ()
        definition = load(manifest, folder / "tree" / "code", implementations)
        for family in text_string_to_metric_families(Metrics(definition).text().decode()):
            for sample in family.samples:
                labels = found.setdefault(sample.name, {})
                for name, value in sample.labels.items():
                    labels.setdefault(name, set()).add(value)
    return found


def named(expression: str) -> dict[str, dict[str, str]]:
    """The series that an expression names, with what it asks of their labels."""
    bare = re.sub(r"\b(?:by|on) \([^)]*\)", "", expression)
    found = re.finditer(r"([A-Za-z_]\w*)\s*(?:\{([^}]*)\})?", re.sub(r"\[[^]]*\]", "", bare))
    return {
        match[1]: dict(re.findall(r'(\w+)=~?"([^"]*)"', match[2]))
        for match in found
        if match[2] is not None and match[1] not in _WORDS
    }


def test_every_figure_is_one_that_agents_have_from_their_start_on(example, dashboards, exposed):
    rules = next(a.text for a in example.tree.artifacts if a.path.endswith("rules.yml"))
    alerts = [rule["expr"] for rule in yaml.safe_load(rules)["groups"][0]["rules"]]
    asked = [expression for dashboard in dashboards.values() for expression in expressions(dashboard)]
    of_target = {"collection", "stack", "agent"}
    for expression in [*asked, *alerts]:
        series = named(expression)
        assert series, expression
        for metric, wanted in series.items():
            if metric in OF_PROMETHEUS:
                assert wanted.keys() <= OF_PROMETHEUS[metric] | of_target
                continue
            labels = exposed[metric]
            assert wanted.keys() <= labels.keys() | of_target, expression
            for name, value in wanted.items():
                if name not in of_target:
                    assert any(re.fullmatch(value, known) for known in labels[name]), expression


def test_each_agents_dashboard_is_about_that_agent_alone_and_each_is_of_this_stack(example, dashboards):
    for agent in example.plan.agents:
        for expression in expressions(dashboards[f"agents/{agent.id}.json"]):
            for wanted in named(expression).values():
                assert (wanted["agent"], wanted["stack"]) == (agent.id, "$stack"), expression
    for expression in expressions(dashboards["overview.json"]):
        for wanted in named(expression).values():
            assert wanted["collection"] == "claims_desk" and wanted["stack"] == "$stack" and "agent" not in wanted


def test_every_kind_of_figure_that_agents_have_is_on_the_overview(dashboards, exposed):
    shown = {metric for expression in expressions(dashboards["overview.json"]) for metric in named(expression)}
    ours = {name for name in exposed if name.startswith("l9_") and not name.endswith(("_sum", "_count"))}
    ours -= {"l9_audit_failures_total", "l9_audit_anchor_failures_total"}  # of which alerts tell
    assert ours <= shown


def test_limits_are_drawn_where_alerts_fire(example, dashboards):
    monitoring = example.plan.monitoring
    assert monitoring is not None
    for agent in example.plan.agents:
        panels = {panel["title"]: panel for panel in dashboards[f"agents/{agent.id}.json"]["panels"]}
        for title, kind in (
            ("Failed", AlertKind.CALLS_FAIL),
            ("Latency by operation", AlertKind.CALLS_SLOW),
            ("Oldest decision", AlertKind.DECISIONS_EXPIRE),
        ):
            (alert,) = [a for a in monitoring.alerts if a.kind is kind and agent.id in a.agents]
            steps = panels[title]["fieldConfig"]["defaults"]["thresholds"]["steps"]
            assert [step["value"] for step in steps] == [None, alert.threshold]


def test_how_many_series_an_agent_has_is_settled_by_its_schema(exposed):
    assert exposed["l9_calls_total"]["outcome"] == set(OUTCOMES)
    assert exposed["l9_escalations_total"]["reason"] == set(REASONS)
    assert exposed["l9_refusals_total"]["reason"] == set(REFUSALS)
    assert exposed["l9_decisions_total"]["verdict"] == set(VERDICTS)
    assert exposed["l9_memory_failures_total"]["layer"] == {"working", "episodic", "semantic", "causal", "archive"}


# -- settings ----------------------------------------------------------------------------------------------------------


def with_settings(folder: Path, settings: str) -> PreparedCollection:
    target = folder / "claims_desk"
    shutil.copytree(EXAMPLE, target)
    answers = target / "answers.yaml"
    text = answers.read_text()
    assert text.count("\nsettings:\n") == 1
    answers.write_text(text.replace("\nsettings:\n", f"\nsettings:\n{settings}"))
    return prepare(Inputs.read(Project(folder), target))


def test_switched_off_there_are_no_files_and_the_config_points_to_none(tmp_path):
    prepared = with_settings(tmp_path, "  monitoring.enabled: false\n")
    assert [a.path for a in prepared.tree.artifacts if "monitoring" in a.path] == []
    config = next(a.text for a in prepared.tree.artifacts if a.path == "claims_desk_config.yaml")
    assert yaml.safe_load(config)["monitoring"] == {"enabled": False}


def test_another_folder_is_followed(tmp_path):
    prepared = with_settings(tmp_path, "  monitoring.dashboards: ops/boards/\n")
    assert "code/ops/boards/overview.json" in {artifact.path for artifact in prepared.tree.artifacts}
    config = next(a.text for a in prepared.tree.artifacts if a.path == "claims_desk_config.yaml")
    assert yaml.safe_load(config)["monitoring"]["dashboards"] == "ops/boards/"


@pytest.mark.parametrize(
    "folder", ["/var/boards", "../boards", "a/../../b", "docs/boards", "a//b", "a\\\\b", "L9/agents/settlement/boards"]
)
def test_a_folder_where_they_cannot_lie_is_refused(tmp_path, folder):
    with pytest.raises(InputError) as refused:
        with_settings(tmp_path, f'  monitoring.dashboards: "{folder}"\n')
    assert [problem.code for problem in refused.value.problems] == ["bad-setting"]


def test_modules_of_the_tree_are_imported_as_before(example, tmp_path):
    """The folder of dashboards is no package, and hides none."""
    write_files(tmp_path, ((a.path, a.text.encode()) for a in example.tree.artifacts))
    sys.path.insert(0, str(tmp_path / "code"))
    try:
        assert importlib.util.find_spec("L9.agents.claim_intake.controller") is not None
        assert importlib.util.find_spec("L9.monitoring.claims_desk.overview") is None
    finally:
        sys.path.remove(str(tmp_path / "code"))
        for name in [name for name in sys.modules if name == "L9" or name.startswith("L9.")]:
            del sys.modules[name]
