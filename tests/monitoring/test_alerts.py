"""Alert rules: loaded by Prometheus' own tool, and each of them fires when it should, and only then."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.inputs import Inputs
from l9stack.model.monitoring import AlertKind
from l9stack.printable import line
from l9stack.project import Project
from l9stack.rendering.monitoring.rules import render_rules
from tests.golden.case import HERE, whole_collections
from tests.hostile.payloads import PAYLOADS
from tests.monitoring.conftest import REPOSITORY, Promtool

SELF = 'collection="claims_desk",stack="dev",agent="settlement"'
OTHER = 'collection="another",stack="dev",agent="settlement"'
BUCKETS = ("0.005", "1.0", "5.0", "10.0", "30.0", "+Inf")


def series(metric: str, values: str, labels: str = "", target: str = SELF) -> dict[str, str]:
    return {"series": f"{metric}{{{target}{',' + labels if labels else ''}}}", "values": values}


def slow(counts: dict[str, str]) -> list[dict[str, str]]:
    return [
        series("l9_call_seconds_bucket", values, f'operation="settle_claim",le="{bound}"')
        for bound, values in counts.items()
    ]


# What is seen (a sample a minute for an hour), how the alert tells of it: more labels, and the value as it is printed.
FIRES: dict[AlertKind, tuple[list[dict[str, str]], dict[str, str], str]] = {
    AlertKind.AGENT_DOWN: ([series("up", "1 1 0x60")], {}, ""),
    AlertKind.AGENT_RESTARTS: ([series("process_start_time_seconds", "0+60x60")], {}, ""),
    AlertKind.ANCHORS_NOT_TOLD: (
        [series("l9_anchor_notice_failures_total", "0x58 1 1", 'anchor="Claims Lead"')],
        {"anchor": "Claims Lead"},
        "",
    ),
    AlertKind.AUDIT_NOT_ANCHORED: ([series("l9_audit_anchor_failures_total", "0x58 1 1")], {}, ""),
    AlertKind.AUDIT_NOT_WRITTEN: ([series("l9_audit_failures_total", "0x58 1 1")], {}, ""),
    AlertKind.CALLS_FAIL: (
        [
            series("l9_calls_total", "0+88x60", 'operation="settle_claim",outcome="200"'),
            series("l9_calls_total", "0+7x60", 'operation="settle_claim",outcome="500"'),
            series("l9_calls_total", "0+5x60", 'operation="settle_claim",outcome="504"'),
        ],
        {},
        "",
    ),
    AlertKind.CALLS_REFUSED: ([series("l9_refusals_total", "0+61x60", 'reason="rate-limited"')], {}, ""),
    AlertKind.CALLS_SLOW: (
        slow({"0.005": "0x60", "1.0": "0x60", "5.0": "0x60", "10.0": "0+10x60", "30.0": "0+10x60", "+Inf": "0+10x60"}),
        {"operation": "settle_claim"},
        "9.75s",
    ),
    AlertKind.DECISIONS_EXPIRE: ([series("l9_decisions_oldest_seconds", "69000 69180x59")], {}, "19h 13m 0s"),
    AlertKind.DECISIONS_EXPIRED: ([series("l9_decisions_total", "0x58 1 1", 'verdict="expired"')], {}, ""),
    AlertKind.DECISIONS_PILE_UP: ([series("l9_decisions_waiting", "21x60")], {}, "21"),
    AlertKind.MEMORY_WRITES_FAIL: (
        [series("l9_memory_failures_total", "0x58 1 1", 'layer="causal"')],
        {"layer": "causal"},
        "",
    ),
}
# The nearest to it that is still as it should be.
QUIET: dict[AlertKind, list[dict[str, str]]] = {
    AlertKind.AGENT_DOWN: [series("up", "1x59 0"), series("up", "0x60", target=OTHER)],
    AlertKind.AGENT_RESTARTS: [series("process_start_time_seconds", "0x50 1 2 3x10")],
    AlertKind.ANCHORS_NOT_TOLD: [series("l9_anchor_notice_failures_total", "0x10 7x60", 'anchor="Claims Lead"')],
    AlertKind.AUDIT_NOT_ANCHORED: [series("l9_audit_anchor_failures_total", "0x10 7x60")],
    AlertKind.AUDIT_NOT_WRITTEN: [series("l9_audit_failures_total", "0x10 7x60")],
    AlertKind.CALLS_FAIL: [
        series("l9_calls_total", "0+91x60", 'operation="settle_claim",outcome="200"'),
        series("l9_calls_total", "0+9x60", 'operation="settle_claim",outcome="500"'),
        series("l9_calls_total", "0+90x60", 'operation="settle_claim",outcome="400"'),
    ],
    AlertKind.CALLS_REFUSED: [
        series("l9_refusals_total", "0+59x60", 'reason="rate-limited"'),
        series("l9_refusals_total", "0+600x60", 'reason="unauthorised"'),
    ],
    AlertKind.CALLS_SLOW: slow(
        {"0.005": "0x60", "1.0": "0x60", "5.0": "0+10x60", "10.0": "0+10x60", "30.0": "0+10x60", "+Inf": "0+10x60"}
    ),
    AlertKind.DECISIONS_EXPIRE: [series("l9_decisions_oldest_seconds", "69100x60")],
    AlertKind.DECISIONS_EXPIRED: [
        series("l9_decisions_total", "0+1x60", 'verdict="block"'),
        series("l9_decisions_total", "3x60", 'verdict="expired"'),
    ],
    AlertKind.DECISIONS_PILE_UP: [series("l9_decisions_waiting", "20x60")],
    AlertKind.MEMORY_WRITES_FAIL: [series("l9_memory_failures_total", "0x10 7x60", 'layer="causal"')],
}


@pytest.fixture(scope="module")
def rules(example: PreparedCollection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "rules.yml"
    path.write_text(next(a.text for a in example.tree.artifacts if a.path.endswith("rules.yml")))
    return path


def test_every_kind_of_alert_is_tried_in_both_ways():
    assert FIRES.keys() == QUIET.keys() == set(AlertKind)


@pytest.mark.parametrize("kind", AlertKind, ids=lambda kind: kind.value)
def test_it_fires(kind: AlertKind, rules: Path, promtool: Promtool, tmp_path: Path):
    seen, labels, value = FIRES[kind]
    (rule,) = [rule for rule in loaded(rules) if rule["alert"] == kind.value and is_about(rule, "settlement")]
    told = {"agent": "settlement", "stack": "dev", **labels}
    alert = {
        "exp_labels": {**told, **rule["labels"]},
        "exp_annotations": {name: printed(text, told, value) for name, text in rule["annotations"].items()},
    }
    promtool("test", "rules", scene(tmp_path, rules, kind, seen, [alert]))


@pytest.mark.parametrize("kind", AlertKind, ids=lambda kind: kind.value)
def test_it_does_not_fire(kind: AlertKind, rules: Path, promtool: Promtool, tmp_path: Path):
    promtool("test", "rules", scene(tmp_path, rules, kind, QUIET[kind], []))


def test_an_agent_whose_every_replica_is_gone_is_down(rules: Path, promtool: Promtool, tmp_path: Path):
    """Where targets are discovered, one that is gone has no `up`; its last build tells that it was there."""
    gone = [series("l9_build_info", "1x52 _x8", 'version="1"'), series("up", "1x52 _x8")]
    (rule,) = [rule for rule in loaded(rules) if rule["alert"] == "AgentDown"]
    told = {"agent": "settlement", "stack": "dev"}
    alert = {
        "exp_labels": {**told, **rule["labels"]},
        "exp_annotations": {name: printed(text, told, "") for name, text in rule["annotations"].items()},
    }
    promtool("test", "rules", scene(tmp_path, rules, AlertKind.AGENT_DOWN, gone, [alert]))


def loaded(rules: Path) -> list[dict[str, Any]]:
    return yaml.safe_load(rules.read_text())["groups"][0]["rules"]


def is_about(rule: dict[str, Any], agent: str) -> bool:
    named = re.search(r'agent=~?"([^"]*)"', rule["expr"])
    return named is None or agent in named[1].split("|")


def printed(text: str, labels: dict[str, str], value: str) -> str:
    for name, label in labels.items():
        text = text.replace(f"{{{{ $labels.{name} }}}}", label)
    return text.replace("{{ $value | humanizeDuration }}", value).replace("{{ $value }}", value)


def scene(folder: Path, rules: Path, kind: AlertKind, seen: list[dict[str, str]], alerts: list[Any]) -> Path:
    path = folder / "scene.yml"
    test = {
        "interval": "1m",
        "input_series": seen,
        "alert_rule_test": [{"eval_time": "60m", "alertname": kind.value, "exp_alerts": alerts}],
    }
    path.write_text(json.dumps({"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": [test]}))
    return path


# -- settings ----------------------------------------------------------------------------------------------------------

SCHEMA = """\
system: Desk
module: desk
name: Desk
role: Answers.
rootpath: L9/agents/desk
governance:
  anchors: [Ada, Grace, Edsger]
  escalationpolicy: >-
    Auto-escalate if: inference latency > 500ms, confidence < 0.5, '{{ $labels.stack }} "quoted" \\ 100%'
deployment:
  endpoints: [POST /ask, POST /tell]
cursorinstructions:
  generatefiles: [controller.py]
"""
ANSWERS = """\
operations:
  desk.ask: {timeout_seconds: 0.5}
settings:
  governance.timeout_seconds: 600
  limits.rate: 30 per 2 minutes
"""


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> PreparedCollection:
    folder = tmp_path_factory.mktemp("strict")
    (folder / "desk.yaml").write_text(SCHEMA)
    (folder / "desk.answers.yaml").write_text(ANSWERS)
    shutil.copytree(REPOSITORY / "templates" / "meta", folder / "templates" / "meta")
    checklist = folder / "templates" / "meta" / "meta.validation.checklist.yaml"
    row = "integration_tests: {unit: percent, threshold: "
    checklist.write_text(checklist.read_text().replace(f"{row}90", f"{row}98"))
    return prepare(Inputs.read(Project(folder), folder / "desk.yaml"))


def test_thresholds_come_from_governance_limits_validation_and_the_policy(strict: PreparedCollection):
    assert strict.plan.monitoring is not None
    found = {(alert.kind, alert.threshold): alert for alert in strict.plan.monitoring.alerts}
    assert (AlertKind.DECISIONS_PILE_UP, 30) in found
    assert (AlertKind.DECISIONS_EXPIRE, 480) in found
    assert (AlertKind.CALLS_REFUSED, 0.025) in found
    assert (AlertKind.CALLS_FAIL, 0.02) in found
    # The one operation may take less than the policy says.
    assert found[AlertKind.CALLS_SLOW, 0.4].operations == {"desk": ("ask",)}
    assert found[AlertKind.CALLS_SLOW, 0.5].operations == {"desk": ("tell",)}
    assert {alert.kind for alert in strict.plan.monitoring.alerts} == {*AlertKind} - {
        AlertKind.AUDIT_NOT_ANCHORED,  # it has no archive
        AlertKind.MEMORY_WRITES_FAIL,
    }


def test_what_a_schema_says_is_text_in_a_rule(strict: PreparedCollection, promtool: Promtool, tmp_path: Path):
    path = tmp_path / "rules.yml"
    path.write_text(next(a.text for a in strict.tree.artifacts if a.path.endswith("rules.yml")))
    promtool("check", "rules", path)
    assert "{{ $labels.stack" not in path.read_text()


def test_prometheus_takes_the_rules_of_every_golden_collection(promtool: Promtool, tmp_path: Path):
    found = [*HERE.glob("**/expected/code/**/rules.yml")]
    assert found
    for case in whole_collections():
        tree = prepare(Inputs.read(Project(tmp_path), case.source)).tree
        found.append(tmp_path / f"{case.folder.name}.yml")
        found[-1].write_text(next(a.text for a in tree.artifacts if a.path.endswith("rules.yml")))
    promtool("check", "rules", *found)


@pytest.mark.parametrize("text", [*PAYLOADS.values(), "{{{ a }}}"], ids=[*PAYLOADS, "three-braces"])
def test_whatever_a_policy_says_is_text_in_the_rules(text: str, strict: PreparedCollection):
    monitoring = strict.plan.monitoring
    assert monitoring is not None
    said = line(text)
    alerts = tuple(alert.model_copy(update={"sources": (said,)}) for alert in monitoring.alerts)
    printed = render_rules(strict.plan, monitoring.model_copy(update={"alerts": alerts}))
    for rule in yaml.safe_load(printed)["groups"][0]["rules"]:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        # All but the beginning of a template of Prometheus' own is there, word for word.
        assert rule["annotations"]["description"].endswith(f" From: {re.sub('{(?={)', '{ ', said)}.")
        assert "{{" not in rule["annotations"]["description"]
