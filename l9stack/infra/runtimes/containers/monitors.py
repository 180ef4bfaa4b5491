"""Prometheus and Grafana of a stack, as containers that every runtime of containers prints."""

from __future__ import annotations

from collections.abc import Iterable

from l9stack.infra.container_specs import AGENTS, Container, File, Health
from l9stack.infra.runtimes.containers.spec import stack_labels
from l9stack.infra.settings.monitoring import GRAFANA, PROMETHEUS, MonitoringSettings
from l9stack.infra.specs import FILES
from l9stack.model.monitoring import CONFIG, DASHBOARDS, DATASOURCE, PROVIDER, RULES, TARGETS

MONITORING = "monitoring"
"""The network of Grafana and Prometheus: who looks at dashboards reaches no agent."""
PASSWORD = "grafana-password"  # noqa: S105 - the name of a file
"""The name of the file with the password of Grafana's user `admin`."""
_DATA, _TMP = "/prometheus", "/tmp"  # noqa: S108 - the container's own
_SCRATCH = {_TMP: "rw,noexec,nosuid,nodev,size=64m"}
_ADMIN = f"{FILES}/password"


def prometheus_container(
    collection: str, stack: str, settings: MonitoringSettings, names: Iterable[str], published: int = 0
) -> Container:
    """Prometheus, which reaches the agents; `names` are the files of the deployment's monitoring folder."""
    mine = {CONFIG, TARGETS, RULES}
    return Container(
        name=f"{collection}-{PROMETHEUS}",
        host=PROMETHEUS,
        image=settings.image(PROMETHEUS),
        user="65534:65534",
        health=Health("wget -q -O /dev/null http://127.0.0.1:9090/-/ready"),
        port=9090,
        memory_mb=settings.prometheus_memory_mb,
        networks=(AGENTS, MONITORING),
        command=(
            f"--config.file={FILES}/{CONFIG}",
            f"--storage.tsdb.path={_DATA}",
            f"--storage.tsdb.retention.time={settings.retention_days}d",
        ),
        files=tuple(File(f"{FILES}/{name}", name) for name in sorted(mine & {*names})),
        volumes={_DATA: "data"},
        scratch=_SCRATCH,
        published=published,
        stop_seconds=30,  # it writes down what it holds in memory, as every server that keeps data
        labels={**stack_labels(collection, stack), "l9stack.service": PROMETHEUS},
    )


def grafana_container(
    collection: str, stack: str, settings: MonitoringSettings, names: Iterable[str], published: int = 0
) -> Container:
    """Grafana with this stack's dashboards; it asks nobody but Prometheus, and fetches nothing."""
    mine = [name for name in sorted(names) if name in (DATASOURCE, PROVIDER) or name.startswith(f"{DASHBOARDS}/")]
    return Container(
        name=f"{collection}-{GRAFANA}",
        host=GRAFANA,
        image=settings.image(GRAFANA),
        user="472:472",
        health=Health("wget -q -O /dev/null http://127.0.0.1:3000/api/health"),
        port=3000,
        memory_mb=384,
        networks=(MONITORING,),
        environment={
            "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_LOG_MODE": "console",
            "GF_NEWS_NEWS_FEED_ENABLED": "false",
            "GF_PATHS_PROVISIONING": f"{FILES}/{GRAFANA}",
            "GF_PLUGINS_PREINSTALL_DISABLED": "true",
            "GF_SECURITY_ADMIN_PASSWORD__FILE": _ADMIN,
            "GF_SECURITY_DISABLE_GRAVATAR": "true",
            "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
            "GF_USERS_ALLOW_SIGN_UP": "false",
        },
        files=(File(_ADMIN, PASSWORD, secret=True), *(File(f"{FILES}/{name}", name) for name in mine)),
        volumes={"/var/lib/grafana": "data"},
        scratch=_SCRATCH,
        published=published,
        after=(f"{collection}-{PROMETHEUS}",),
        labels={**stack_labels(collection, stack), "l9stack.service": GRAFANA},
    )
