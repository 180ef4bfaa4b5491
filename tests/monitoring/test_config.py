"""Prometheus' configuration of a stack, as Prometheus' own tool takes it."""

from pathlib import Path

import pytest

from l9stack.extraction.prepare import PreparedCollection
from l9stack.rendering.monitoring.provisioning import ScrapeTargets, prometheus_files
from tests.monitoring.conftest import Promtool

URLS = {"desk": "http://127.0.0.1:4100", "clerk": "https://clerk.example.com/one"}


@pytest.mark.parametrize(
    "scraped",
    [
        ScrapeTargets("claims_desk", "dev", urls=URLS),
        ScrapeTargets("claims_desk", 'a: "stack" \\ # %', 1, urls=URLS, alertmanager="http://alerts.example.com:9093"),
        ScrapeTargets(
            "claims_desk", "prod", 60, discovered={"tasks.desk": "desk", "tasks.a-clerk": "a_clerk"}, port=8080
        ),
        ScrapeTargets(
            "claims_desk", "prod", discovered={"tasks.desk": "desk"}, port=8080, alertmanager="https://a.example/x/"
        ),
    ],
    ids=["urls", "alertmanager", "replicas", "replicas-and-alertmanager"],
)
def test_prometheus_takes_it_with_its_rules_and_targets(
    scraped: ScrapeTargets, example: PreparedCollection, promtool: Promtool, tmp_path: Path
):
    rules = next(a.text for a in example.tree.artifacts if a.path.endswith("rules.yml"))
    for name, text in {"rules.yml": rules, **prometheus_files(scraped)}.items():
        (tmp_path / name).write_text(text)
    assert "13 rules found" in promtool("check", "config", tmp_path / "prometheus.yml")
