"""What monitoring of a deployed stack needs beside rules and dashboards: where its agents are, and who shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from l9stack.model.monitoring import CONFIG, DATASOURCE, PROVIDER, TARGETS
from l9stack.rendering.environment import render_template

METRICS = "/metrics"


@dataclass(frozen=True, slots=True)
class ScrapeTargets:
    """The agents of one stack, as its Prometheus finds them: by URL, or by a name that has each replica's address."""

    collection: str
    stack: str
    interval_seconds: int = 15
    urls: Mapping[str, str] = field(default_factory=dict)
    """By agent."""
    discovered: Mapping[str, str] = field(default_factory=dict)
    """The agent of each DNS name."""
    port: int = 0
    """Of what is discovered."""
    alertmanager: str = ""
    """The URL to which alerts are sent, if they are."""

    @property
    def interval(self) -> str:
        """As Prometheus and Grafana write it."""
        return f"{self.interval_seconds}s"

    @property
    def alerted(self) -> SplitResult | None:
        """The Alertmanager, by the parts of its URL."""
        return urlsplit(self.alertmanager) if self.alertmanager else None


def prometheus_files(scraped: ScrapeTargets) -> dict[str, str]:
    """Prometheus' configuration, and the targets that it reads beside it; rules lie there as generated."""
    config = render_template("monitoring/prometheus.yml.j2", scraped=scraped)
    return {CONFIG: config} | ({} if scraped.discovered else {TARGETS: _targets(scraped)})


def grafana_files(scraped: ScrapeTargets, prometheus: str, dashboards: str) -> dict[str, str]:
    """Provisioning of a Grafana: its data source by URL, and the folder where it finds the dashboards."""
    return {
        DATASOURCE: render_template("monitoring/datasource.yml.j2", url=prometheus, interval=scraped.interval),
        PROVIDER: render_template("monitoring/dashboards.yml.j2", collection=scraped.collection, path=dashboards),
    }


def _targets(scraped: ScrapeTargets) -> str:
    groups = []
    for agent, url in sorted(scraped.urls.items()):
        parts = urlsplit(url)
        labels = {"agent": agent, "collection": scraped.collection, "stack": scraped.stack}
        if parts.scheme == "https":
            labels["__scheme__"] = "https"
        if path := parts.path.rstrip("/"):
            labels["__metrics_path__"] = f"{path}{METRICS}"
        groups.append({"targets": [parts.netloc], "labels": labels})
    return json.dumps(groups, indent=2, sort_keys=True) + "\n"
