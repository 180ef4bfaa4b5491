"""What is watched, decided: alerts come from what governance, limits and the validation checklist say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from l9stack.errors import Problem
from l9stack.model.agent import AgentSpec, MemoryKind
from l9stack.model.meta import GateThreshold
from l9stack.model.monitoring import AlertKind, AlertPlan, MonitoringPlan
from l9stack.model.plan import AgentPlan, Setting
from l9stack.names import AgentId, OperationName
from l9stack.planning.known_settings import calls_per_second

ENABLED, FOLDER = "monitoring.enabled", "monitoring.dashboards"
WAITING_EACH = 10
"""Decisions that may wait for each anchor: more than these, nobody keeps up with."""
LATE = 0.8
"""The part of the time to decide, or to answer, after which it is late."""
REFUSED = 0.1
"""The part of a caller's rate by which all callers together may go beyond theirs."""
RESTARTS = 3
"""Starts within a quarter of an hour: an agent that is deployed anew has one or two."""
_EXCHANGES = "integration_tests"
"""The gate whose threshold says which part of exchanges has to succeed; it holds in service as it does in tests."""
_EXCHANGES_PERCENT = 90.0
Decided = tuple[float, str]
"""A threshold and where it comes from."""


def plan_monitoring(
    agents: Sequence[AgentPlan], shared: Iterable[Setting], gates: Iterable[GateThreshold]
) -> MonitoringPlan | None:
    """Alerts of a collection, sorted by kind, and where its dashboards lie; None where it is switched off."""
    values = {setting.name: setting.value for setting in shared}
    if not values.get(ENABLED):
        return None
    failing = _failing(gates)
    drafts: dict[tuple[AlertKind, float], _Draft] = defaultdict(_Draft)
    for agent in agents:
        decided = {**_governance(agent), **_service(agent), AlertKind.CALLS_FAIL: failing}
        for kind, (threshold, source) in decided.items():
            drafts[kind, threshold].add(agent.id, source)
        slow = _slow(agent)
        for (threshold, source), operations in slow.items():
            drafts[AlertKind.CALLS_SLOW, threshold].add(agent.id, source, () if len(slow) == 1 else operations)
    alerts = (
        AlertPlan(
            kind=kind,
            agents=tuple(sorted(draft.agents)),
            threshold=threshold,
            sources=tuple(sorted(draft.sources)),
            operations={agent: tuple(sorted(names)) for agent, names in sorted(draft.operations.items())},
        )
        for (kind, threshold), draft in drafts.items()
    )
    return MonitoringPlan(
        folder=str(values[FOLDER]).strip("/"),
        alerts=tuple(sorted(alerts, key=lambda alert: (alert.kind.value, alert.threshold))),
    )


@dataclass(slots=True)
class _Draft:
    """An alert of which agents are still gathered."""

    agents: set[AgentId] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    operations: dict[AgentId, list[OperationName]] = field(default_factory=dict)

    def add(self, agent: AgentId, source: str, operations: Iterable[OperationName] = ()) -> None:
        self.agents.add(agent)
        self.sources.add(source)
        for operation in operations:
            self.operations.setdefault(agent, []).append(operation)


def check_folder(shared: Iterable[Setting], agents: Iterable[AgentSpec], problems: list[Problem]) -> None:
    """Collect agents within whose folder the dashboards would lie: those have the files of their schema alone."""
    settings = {setting.name: setting for setting in shared}
    setting = settings[FOLDER]
    folder = str(setting.value).strip("/")
    for agent in agents:
        if settings[ENABLED].value and f"{folder}/".startswith(f"{agent.root_path}/"):
            message = f"{FOLDER} {setting.value!r} lies in the rootpath of {agent.id}"
            hint = "name a folder beside the agents', as L9/monitoring/NAME/"
            problems.append(Problem("bad-setting", message, setting.place or agent.place, hint))


def _governance(agent: AgentPlan) -> dict[AlertKind, Decided]:
    seconds, anchors = agent.setting("governance.timeout_seconds"), len(agent.anchors)
    assert isinstance(seconds, int | float)
    told = "governance.anchors"
    found: dict[AlertKind, Decided] = {
        AlertKind.DECISIONS_PILE_UP: (anchors * WAITING_EACH, f"{told}: {anchors}, with {WAITING_EACH} for each"),
        AlertKind.DECISIONS_EXPIRE: (seconds * LATE, f"governance.timeout_seconds is {seconds:g}"),
        AlertKind.DECISIONS_EXPIRED: (0, f"governance.timeout_seconds is {seconds:g}"),
        AlertKind.ANCHORS_NOT_TOLD: (0, told),
        AlertKind.AUDIT_NOT_WRITTEN: (0, "every call is audited"),
    }
    if agent.spec.layer(MemoryKind.ARCHIVE):
        found[AlertKind.AUDIT_NOT_ANCHORED] = (0, "the audit chain is anchored in the archive")
    return found


def _service(agent: AgentPlan) -> dict[AlertKind, Decided]:
    rate = str(agent.setting("limits.rate"))
    found: dict[AlertKind, Decided] = {
        AlertKind.AGENT_DOWN: (0, "every agent of the collection serves"),
        AlertKind.AGENT_RESTARTS: (RESTARTS, "an agent goes on until it is deployed anew"),
        AlertKind.CALLS_REFUSED: (calls_per_second(rate) * REFUSED, f"limits.rate is {rate}"),
    }
    if agent.spec.memory:
        found[AlertKind.MEMORY_WRITES_FAIL] = (0, "decisions are kept in every layer of the schema")
    return found


def _failing(gates: Iterable[GateThreshold]) -> Decided:
    """The part of calls that may fail."""
    percent = next((gate.threshold for gate in gates if gate.gate == _EXCHANGES), _EXCHANGES_PERCENT)
    return round(1 - percent / 100, 6), f"validation: {_EXCHANGES} is {percent:g} percent"


def _slow(agent: AgentPlan) -> dict[Decided, list[OperationName]]:
    """Operations by their bound: the escalation policy's where it names a latency, else of the operation's timeout."""
    bounds: dict[Decided, list[OperationName]] = defaultdict(list)
    named = _policy_latency(agent)
    for operation in agent.operations:
        own = (operation.timeout_seconds * LATE, f"timeout_seconds is {operation.timeout_seconds:g}")
        bounds[named if named and named[0] < own[0] else own].append(operation.name)
    return bounds


def _policy_latency(agent: AgentPlan) -> Decided | None:
    """The lowest latency above which the policy escalates by itself (`inference latency > 500ms`), in seconds."""
    found = [
        (comparison.number / 1000, f"governance.escalationpolicy: {rule.text}")
        for rule in agent.rules
        for comparison in rule.comparisons
        if len(rule.comparisons) == 1
        and comparison.field.endswith("_ms")
        and "latency" in comparison.field
        and comparison.operator in (">", ">=")
    ]
    return min(found, default=None)
