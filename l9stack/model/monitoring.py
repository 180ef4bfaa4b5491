"""What is watched: where a collection's dashboards and alert rules lie, and when an alert fires.

Dashboards and rules are generated with the collection. A deployed stack has them in a folder of its own, beside what is
known only then: where its agents are.
"""

from __future__ import annotations

from enum import StrEnum

from l9stack.model.base import Model
from l9stack.names import AgentId, OperationName

RULES, OVERVIEW, AGENTS = "rules.yml", "overview.json", "agents"
"""Generated: alert rules, the dashboard of all agents together, and the folder with one for each agent."""
DEPLOYED = "monitoring"
"""In the folder of a deployed stack, what follows and the rules."""
CONFIG, TARGETS, DASHBOARDS = "prometheus.yml", "targets.json", "dashboards"
DATASOURCE, PROVIDER = "grafana/datasources/prometheus.yml", "grafana/dashboards/files.yml"
"""As Grafana's provisioning folder has them."""


class AlertKind(StrEnum):
    """What an alert is about; its value is the alert's name."""

    AGENT_DOWN = "AgentDown"
    AGENT_RESTARTS = "AgentRestarts"
    ANCHORS_NOT_TOLD = "AnchorsNotTold"
    AUDIT_NOT_ANCHORED = "AuditNotAnchored"
    AUDIT_NOT_WRITTEN = "AuditNotWritten"
    CALLS_FAIL = "CallsFail"
    CALLS_REFUSED = "CallsRefused"
    CALLS_SLOW = "CallsSlow"
    DECISIONS_EXPIRE = "DecisionsExpire"
    DECISIONS_EXPIRED = "DecisionsExpired"
    DECISIONS_PILE_UP = "DecisionsPileUp"
    MEMORY_WRITES_FAIL = "MemoryWritesFail"


class AlertPlan(Model):
    """One alert: of which agents, above which figure, and which settings say so.

    The figure is a share from 0 to 1 for CALLS_FAIL, calls in a second for CALLS_REFUSED, seconds for CALLS_SLOW and
    DECISIONS_EXPIRE, and a count for the others.
    """

    kind: AlertKind
    agents: tuple[AgentId, ...]
    threshold: float
    sources: tuple[str, ...]
    """In words, with the value: `governance.timeout_seconds is 86400`."""
    operations: dict[AgentId, tuple[OperationName, ...]] = {}
    """Those of an agent that it is about, where it is not about all of them."""


class MonitoringPlan(Model):
    """The monitoring of one collection."""

    folder: str
    """Of dashboards and rules, below the import root, without a slash at its end."""
    alerts: tuple[AlertPlan, ...]

    @property
    def source(self) -> str:
        """The folder of dashboards and rules within an extraction.

        It is in `code/`, so that the guide's own `cp -r code/*` brings them to where the unified config says they are.
        """
        return f"code/{self.folder}"

    def placed(self, path: str) -> str:
        """Where a generated file of `source` lies in the folder of a deployed stack."""
        return deployed_path(path, self.source)


def deployed_path(path: str, source: str) -> str:
    """Where a generated file, which lies in the folder `source` of an extraction, lies in that of a deployed stack."""
    below = path.removeprefix(f"{source}/")
    return below if below == RULES else f"{DASHBOARDS}/{below}"
