"""Prometheus and Grafana of an exported stack, with what they read."""

from __future__ import annotations

from l9stack.extraction.prepare import PreparedCollection
from l9stack.infra.compose.credentials import Credentials
from l9stack.infra.compose.document import ComposeService
from l9stack.infra.runtimes.containers.credentials import PortRange
from l9stack.infra.runtimes.containers.monitors import (
    PASSWORD,
    grafana_container,
    prometheus_container,
)
from l9stack.infra.runtimes.containers.spec import AGENT_PORT, host_name
from l9stack.infra.settings.monitoring import (
    DASHBOARD_FOLDER,
    GRAFANA,
    PROMETHEUS,
    PROMETHEUS_URL,
    MonitoringSettings,
)
from l9stack.rendering.monitoring.provisioning import ScrapeTargets, grafana_files, prometheus_files


def monitoring_services(
    prepared: PreparedCollection, stack: str, settings: MonitoringSettings, handed: Credentials, ports: PortRange
) -> list[ComposeService]:
    """The servers that watch the stack; none where monitoring, or the stack's own servers of it, are switched off."""
    planned, collection = prepared.plan.monitoring, prepared.plan.collection
    if planned is None or not settings.servers:
        return []
    urls = {str(agent.id): f"http://{host_name(agent.id)}:{AGENT_PORT}" for agent in prepared.plan.agents}
    scraped = ScrapeTargets(collection, stack, settings.interval_seconds, urls, alertmanager=settings.alertmanager)
    texts = {
        planned.placed(artifact.path): artifact.text
        for artifact in prepared.tree.part(None)
        if artifact.path.startswith(f"{planned.source}/")
    }
    texts |= prometheus_files(scraped) | grafana_files(scraped, PROMETHEUS_URL, DASHBOARD_FOLDER)
    sources = handed.watching(texts) | {PASSWORD: handed.password_file(GRAFANA)}
    found = [
        make(collection, stack, settings, texts, ports.of(f"{collection}/{stack}/monitoring/{server}"))
        for server, make in ((PROMETHEUS, prometheus_container), (GRAFANA, grafana_container))
    ]
    return [ComposeService(container, container.image, sources=sources) for container in found]
