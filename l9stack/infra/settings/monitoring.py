"""`l9stack:monitoring`: Prometheus and Grafana of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from l9stack.infra.settings.checks import Check, between, is_flag, is_image, is_mapping, listed
from l9stack.infra.settings.reader import Reader

PROMETHEUS, GRAFANA = "prometheus", "grafana"
IMAGES: Mapping[str, str] = {PROMETHEUS: "prom/prometheus:v3.5.0", GRAFANA: "grafana/grafana:11.6.0"}
"""The official images; Grafana's has the schema that dashboards are generated for."""
_CHECKS: dict[str, Check] = {
    "servers": (is_flag, "true or false"),
    "images": (is_mapping, "a mapping, as {prometheus: prom/prometheus:v3.5.0}"),
    "interval_seconds": between(1, 300, "seconds from 1 to 300"),
    "retention_days": between(1, 3650, "days from 1 to 3650"),
    "prometheus_memory_mb": between(128, 1 << 20, "megabytes, 128 at least"),
}


@dataclass(frozen=True)
class MonitoringSettings:
    """`l9stack:monitoring`: everything has a default. The setting `monitoring.enabled` says whether there is any."""

    servers: bool = True
    """Whether a runtime of containers runs Prometheus and Grafana; the files for others' are written in any case."""
    images: Mapping[str, str] = field(default_factory=dict)
    interval_seconds: int = 15
    """Between two scrapes of an agent."""
    retention_days: int = 15
    prometheus_memory_mb: int = 512

    def image(self, server: str) -> str:
        """The image of a server, PROMETHEUS or GRAFANA."""
        return self.images.get(server, IMAGES[server])


def read_monitoring(reader: Reader) -> MonitoringSettings:
    """The block `monitoring`."""
    good = reader.block("monitoring", _CHECKS, "{retention_days: 30}")
    for name, image in good.get("images", {}).items():
        key = f"monitoring.images.{name}"
        if reader.hold(name in IMAGES, key, "unknown image", f"any of {listed(IMAGES)}"):
            reader.hold(is_image(image), key, f"{image!r} names no version", "add a tag other than latest, or a digest")
    return MonitoringSettings(**good)
