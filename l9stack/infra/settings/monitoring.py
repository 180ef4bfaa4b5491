"""`l9stack:monitoring`: Prometheus and Grafana of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from l9stack.infra.settings.checks import Constraint, between, is_flag, is_image, is_mapping, is_text, is_url, name_list
from l9stack.infra.settings.reader import Reader
from l9stack.infra.specs import FILES
from l9stack.model.monitoring import DASHBOARDS

PROMETHEUS, GRAFANA = "prometheus", "grafana"
PROMETHEUS_URL = f"http://{PROMETHEUS}:9090"
"""As Grafana reaches it."""
DASHBOARD_FOLDER = f"{FILES}/{DASHBOARDS}"
"""Where Grafana finds the dashboards."""
IMAGES: Mapping[str, str] = {PROMETHEUS: "prom/prometheus:v3.5.1", GRAFANA: "grafana/grafana:11.6.14"}
"""The official images; Grafana's has the schema that dashboards are generated for."""
_ADDRESSES = ("prometheus", "alertmanager")
_CHECKS: dict[str, Constraint] = {
    "servers": (is_flag, "true or false"),
    "images": (is_mapping, "a mapping, as {prometheus: prom/prometheus:v3.5.1}"),
    "interval_seconds": between(1, 300, "seconds from 1 to 300"),
    "retention_days": between(1, 3650, "days from 1 to 3650"),
    **dict.fromkeys(_ADDRESSES, (is_text, "a URL, as http://HOST:9090")),
    "prometheus_memory_mb": between(128, 1 << 20, "megabytes, 128 at least"),
}


@dataclass(frozen=True)
class MonitoringSettings:
    """`l9stack:monitoring`: everything has a default. The setting `monitoring.enabled` says whether there is any."""

    servers: bool = True
    """Whether a runtime of containers runs Prometheus and Grafana; the files for others' are written in any case."""
    images: Mapping[str, str] = field(default_factory=dict)
    """Image names of `prometheus` and `grafana`."""
    interval_seconds: int = 15
    """Between two scrapes of an agent."""
    retention_days: int = 15
    """How long Prometheus keeps what it has seen."""
    prometheus_memory_mb: int = 512
    """How much memory Prometheus may use, in megabytes."""
    prometheus: str = ""
    """The URL of somebody's own, which `l9 monitoring` asks where the stack runs none."""
    alertmanager: str = ""
    """The URL to which Prometheus sends alerts; without one they are seen on dashboards alone."""

    def image(self, server: str) -> str:
        """The image of a server, PROMETHEUS or GRAFANA."""
        return self.images.get(server, IMAGES[server])


def read_monitoring(reader: Reader) -> MonitoringSettings:
    """The block `monitoring`."""
    good = reader.block("monitoring", _CHECKS, "{retention_days: 30}")
    for name, image in good.get("images", {}).items():
        key = f"monitoring.images.{name}"
        if reader.hold(name in IMAGES, key, "unknown image", f"any of {name_list(IMAGES)}"):
            reader.hold(is_image(image), key, f"{image!r} names no version", "add a tag other than latest, or a digest")
    for name in _ADDRESSES:
        # The message does not show it: somebody may have written a password into it.
        key, message = f"monitoring.{name}", "not an address that can be used"
        reader.hold(is_url(good.get(name, "http://none")), key, message, "a URL with http or https, without a password")
    return MonitoringSettings(**good)
