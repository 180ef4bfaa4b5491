"""Dashboards of a collection: one of all agents together, and one of each agent."""

from __future__ import annotations

from typing import Any

from l9stack.model.agent import MemoryKind
from l9stack.model.monitoring import AlertKind, MonitoringPlan
from l9stack.model.plan import AgentPlan, Plan
from l9stack.rendering.monitoring.panels import WINDOW, Panel, PanelRow, Query, dashboard
from l9stack.rendering.monitoring.promql import (
    LATENCY_QUANTILES,
    counter_sum,
    failure_ratio,
    gauge_maximum,
    quantile,
    selector,
)

_STACK = "$stack"


def overview(plan: Plan) -> dict[str, Any]:
    """All agents together, each panel by agent."""
    view = _View(plan, None)
    agents = len(plan.agents)
    up = Panel(
        "Agents up",
        f"Of {agents} agents of the collection.",
        (Query(f"count(max by (agent) (up{view.where}) == 1) or vector(0)"),),
        "stat",
        limit=agents,
        good_above=True,
        width=4,
    )
    title = f"{plan.collection}: overview"
    return dashboard(plan.collection, "", title, f"The agents of {plan.collection}, together.", view.rows(up))


def agent_dashboard(plan: Plan, agent: AgentPlan) -> dict[str, Any]:
    """One agent, each panel by operation, or by what its metric tells apart."""
    view = _View(plan, agent)
    up = Panel(
        "Up",
        "Whether it answers when it is asked for its metrics; with replicas, how many of them do.",
        (Query(f"sum(up{view.where})"),),
        "stat",
        limit=1,
        good_above=True,
        width=4,
    )
    title = f"{plan.collection}: {agent.id}"
    return dashboard(plan.collection, agent.id, title, agent.spec.role, view.rows(up))


class _View:
    """The rows of one dashboard: of one agent, or of all of them where none is named."""

    def __init__(self, plan: Plan, agent: AgentPlan | None) -> None:
        assert plan.monitoring is not None
        self._monitoring: MonitoringPlan = plan.monitoring
        self._agent = agent
        self._collection = plan.collection
        self._agents = (agent,) if agent else plan.agents
        self._part = "operation" if agent else "agent"
        self.where = self._where()

    def _where(self, **labels: str) -> str:
        return selector(self._collection, (self._agent.id,) if self._agent else (), stack=_STACK, **labels)

    def rows(self, up: Panel) -> tuple[PanelRow, ...]:
        operations = any(agent.operations for agent in self._agents)
        rows = [PanelRow("Now", (up, *(self._now_calls() if operations else ()), *self._now_decisions()))]
        if operations:
            rows.append(PanelRow("Calls", self._calls()))
        rows.append(PanelRow("Governance", self._governance()))
        return (*rows, PanelRow("Memory and audit", self._memory()), PanelRow("What runs", self._process()))

    # -- now -------------------------------------------------------------------------------------------------------

    def _now_calls(self) -> tuple[Panel, ...]:
        calls = Query(f"sum(rate(l9_calls_total{self.where}[{WINDOW}]))")
        failed = Query(failure_ratio(self._where(outcome="~5.."), self.where, WINDOW, "stack"))
        return (
            Panel("Calls", "Answered in a second, whatever the answer.", (calls,), "stat", "reqps", width=4),
            Panel(
                "Failed",
                "The part of calls that ended with 5xx; no figure where nobody called.",
                (failed,),
                "stat",
                "percentunit",
                self._limit(AlertKind.CALLS_FAIL),
                width=4,
            ),
        )

    def _now_decisions(self) -> tuple[Panel, ...]:
        alerts = self._where(alertstate="firing")
        return (
            Panel(
                "Decisions waiting",
                "For a governance anchor: `l9 decisions` lists them.",
                (Query(f"sum({gauge_maximum('l9_decisions_waiting', self.where)})"),),
                "stat",
                limit=self._limit(AlertKind.DECISIONS_PILE_UP),
                width=4,
            ),
            Panel(
                "Oldest waits for",
                "What nobody decides in time is blocked.",
                (Query(f"max(l9_decisions_oldest_seconds{self.where})"),),
                "stat",
                "s",
                self._limit(AlertKind.DECISIONS_EXPIRE),
                width=4,
            ),
            Panel(
                "Alerts firing",
                "By the rules that were generated with this dashboard.",
                (Query(f"count(ALERTS{alerts}) or vector(0)"),),
                "stat",
                limit=1,
                width=4,
            ),
        )

    # -- calls -----------------------------------------------------------------------------------------------------

    def _calls(self) -> tuple[Panel, ...]:
        part = self._part
        quantiles = tuple(Query(quantile(q, self.where, WINDOW, "stack"), f"p{q * 100:g}") for q in LATENCY_QUANTILES)
        return (
            Panel("Calls by outcome", _OUTCOMES, (self._rate("l9_calls_total", "outcome"),), unit="reqps"),
            Panel(f"Calls by {part}", "Answered in a second.", (self._rate("l9_calls_total", part),), unit="reqps"),
            Panel("Latency", "Within which half, 95 % and 99 % of calls are answered.", quantiles, unit="s"),
            Panel(
                f"Latency by {part}",
                "Within which 95 % of calls are answered.",
                (Query(quantile(0.95, self.where, WINDOW, part), f"{{{{{part}}}}}"),),
                unit="s",
                limit=self._limit(AlertKind.CALLS_SLOW) if self._agent else None,
            ),
            Panel(
                "In flight",
                "Calls that are being worked on.",
                (Query(f"sum by (agent) (l9_calls_in_flight{self.where})", "{{agent}}"),),
            ),
            self._refusals(),
        )

    def _refusals(self) -> Panel:
        text = "Turned away unread: beyond the rate, too large, or without a token that holds."
        return Panel("Refused by reason", text, (self._rate("l9_refusals_total", "reason"),), unit="reqps")

    # -- governance ------------------------------------------------------------------------------------------------

    def _governance(self) -> tuple[Panel, ...]:
        waiting = Query(gauge_maximum("l9_decisions_waiting", self.where, "agent"), "{{agent}}")
        oldest = Query(gauge_maximum("l9_decisions_oldest_seconds", self.where, "agent"), "{{agent}}")
        alerts = self._where(alertstate="firing")
        firing = Query(f"count by (agent, alertname) (ALERTS{alerts}) or vector(0)", "{{agent}} {{alertname}}")
        return (
            Panel("Escalations by reason", _REASONS, (self._rate("l9_escalations_total", "reason"),), unit="cps"),
            Panel(
                "Decisions by verdict",
                "What anchors decided, and what expired.",
                (self._rate("l9_decisions_total", "verdict"),),
                unit="cps",
            ),
            Panel(
                "Decisions waiting",
                "Each waits for one anchor.",
                (waiting,),
                limit=self._limit(AlertKind.DECISIONS_PILE_UP),
            ),
            Panel(
                "Oldest decision",
                "How long it has waited; at the end of its time it is blocked.",
                (oldest,),
                unit="s",
                limit=self._limit(AlertKind.DECISIONS_EXPIRE),
            ),
            Panel(
                "Anchors not told",
                "Decisions of which an anchor's stream did not hear.",
                (self._rate("l9_anchor_notice_failures_total", "anchor"),),
                unit="cps",
            ),
            Panel("Alerts firing", "By name; zero where there is none.", (firing,)),
        )

    # -- memory, audit, process ------------------------------------------------------------------------------------

    def _memory(self) -> tuple[Panel, ...]:
        panels = []
        if any(agent.spec.memory for agent in self._agents):
            failures = (self._rate("l9_memory_failures_total", "layer"),)
            panels.append(
                Panel("Writes that failed, by layer", "Such answers are marked degraded.", failures, unit="cps")
            )
        audit = [Query(gauge_maximum("l9_audit_entries", self.where, "agent"), "{{agent}}")]
        text = "Entries of the audit chain."
        if any(agent.spec.layer(MemoryKind.ARCHIVE) for agent in self._agents):
            audit.append(Query(gauge_maximum("l9_audit_anchored_entries", self.where, "agent"), "{{agent}} anchored"))
            text = "Entries, and those up to the last audit anchor in the archive, which cannot be cut off unseen."
        return (*panels, Panel("Audit chain", text, tuple(audit)))

    def _process(self) -> tuple[Panel, ...]:
        memory = Query(f"sum by (agent) (process_resident_memory_bytes{self.where})", "{{agent}}")
        processor = Query(f"sum by (agent) (rate(process_cpu_seconds_total{self.where}[{WINDOW}]))", "{{agent}}")
        builds = Query(f"max by (agent, version, code_digest) (l9_build_info{self.where})")
        return (
            Panel("Memory", "Resident, of all replicas.", (memory,), unit="bytes"),
            Panel("Processor", "Cores in use, of all replicas.", (processor,)),
            Panel("Versions", "The generated code of each agent, by its digest.", (builds,), "table", width=24),
        )

    # -- parts -----------------------------------------------------------------------------------------------------

    def _rate(self, counter: str, by: str) -> Query:
        return Query(counter_sum(counter, self.where, WINDOW, by), f"{{{{{by}}}}}")

    def _limit(self, kind: AlertKind) -> float | None:
        """Where an alert fires: of this agent, or the lowest of all."""
        found = [
            alert.threshold
            for alert in self._monitoring.alerts
            if alert.kind is kind and (self._agent is None or self._agent.id in alert.agents)
        ]
        return min(found, default=None)


_OUTCOMES = "200 answered, 202 waits for an anchor, 400 not understood, 5xx failed."
_REASONS = (
    "rule: a rule fired. held: its answer waits. unbound: nobody has said what it does. failure, memory, peer: what "
    "went wrong. flagged: a packet asked for it. asked: the operation's own code."
)
