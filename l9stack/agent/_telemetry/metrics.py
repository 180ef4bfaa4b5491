"""Prometheus metrics of one agent, in a registry of its own.

What can be counted is known from the agent's definition, so that every series is there from the start, with 0: a rate
of it can be worked out from its first event on, and how many series there are depends on no caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from l9stack.agent.declarations import AgentDefinition

OUTCOMES = ("200", "202", "400", "500", "502", "503", "504")
"""Every status that an operation's call can end with."""
REASONS = ("asked", "failure", "flagged", "held", "memory", "peer", "rule", "unbound")
"""Why decisions are put before the anchors."""
REFUSALS = ("rate-limited", "too-large", "unauthorised")
"""Why a request is turned away before anything of it is looked at."""
VERDICTS = ("approve", "block", "expired", "override")
"""What becomes of a decision that waits."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds in seconds; operations may take longer than the library's own ten."""
UNKNOWN = float("nan")
"""The value of a gauge that could not be asked for: no alert fires on it, and a panel shows a gap."""

# When a series began is a series of its own, which would double them: nothing of ours reads it.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """Counters, latencies and gauges, each with the label `agent`."""

    def __init__(self, definition: AgentDefinition, code_digest: str = "") -> None:
        self.registry = CollectorRegistry()
        self._agent = definition.id
        self._calls = self._counter("l9_calls_total", "Calls by outcome", "operation", "outcome")
        self._seconds = Histogram(
            "l9_call_seconds",
            "Time of a call in seconds",
            ["agent", "operation"],
            registry=self.registry,
            buckets=BUCKETS,
        )
        self._running = self._gauge("l9_calls_in_flight", "Calls that are being worked on")
        self._refusals = self._counter("l9_refusals_total", "Requests turned away unread, by reason", "reason")
        self._escalations = self._counter("l9_escalations_total", "Escalations by reason", "reason")
        self._failures = self._counter("l9_memory_failures_total", "Failed writes by layer", "layer")
        self._decisions = self._counter(
            "l9_decisions_total", "Decisions of anchors by verdict, and those that expired", "verdict"
        )
        self._waiting = self._gauge("l9_decisions_waiting", "Decisions that wait for an anchor")
        self._oldest = self._gauge("l9_decisions_oldest_seconds", "How long the oldest of them has waited")
        self._unsaid = self._counter("l9_anchor_notice_failures_total", "Anchors not told of a decision", "anchor")
        self._entries = self._gauge("l9_audit_entries", "Entries of the audit chain")
        self._anchored = self._gauge("l9_audit_anchored_entries", "Entries up to the chain's last audit anchor")
        unanchored = self._counter("l9_audit_anchor_failures_total", "Attempts to anchor the chain that failed")
        untaken = self._counter("l9_audit_failures_total", "Entries that the audit chain did not take")
        self._unanchored, self._untaken = unanchored.labels(self._agent), untaken.labels(self._agent)
        build = Info("l9_build", "What runs", ["agent"], registry=self.registry)
        build.labels(self._agent).info({"version": definition.version, "code_digest": code_digest})
        ProcessCollector(registry=self.registry)
        self._begin(definition)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, ["agent", *labels], registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, ["agent"], registry=self.registry).labels(self._agent)

    def _begin(self, definition: AgentDefinition) -> None:
        """Let every series be there."""
        for operation in definition.operations:
            self._seconds.labels(self._agent, operation.name)
            for outcome in OUTCOMES:
                self._calls.labels(self._agent, operation.name, outcome)
        for counter, values in (
            (self._refusals, REFUSALS),
            (self._escalations, REASONS),
            (self._failures, definition.memory.layers()),
            (self._decisions, VERDICTS),
            (self._unsaid, definition.governance.anchors),
        ):
            for value in values:
                counter.labels(self._agent, value)

    @contextmanager
    def running(self) -> Iterator[None]:
        """A call is being worked on as long as this lasts."""
        self._running.inc()
        try:
            yield
        finally:
            self._running.dec()

    def call(self, operation: str, outcome: str, seconds: float) -> None:
        """Count a call and its time."""
        self._calls.labels(self._agent, operation, outcome).inc()
        self._seconds.labels(self._agent, operation).observe(seconds)

    def refusal(self, reason: str) -> None:
        """Count a request that was turned away unread, by one of REFUSALS."""
        self._refusals.labels(self._agent, reason).inc()

    def escalation(self, reason: str) -> None:
        """Count an escalation by the kind of its reason, one of REASONS."""
        self._escalations.labels(self._agent, reason).inc()

    def decision(self, verdict: str) -> None:
        """Count what became of a decision that waited, one of VERDICTS."""
        self._decisions.labels(self._agent, verdict).inc()

    def memory_failure(self, layer: str) -> None:
        """Count a failed write."""
        self._failures.labels(self._agent, layer).inc()

    def notice_failure(self, anchor: str) -> None:
        """Count an anchor who was not told of a decision."""
        self._unsaid.labels(self._agent, anchor).inc()

    def audit_failure(self) -> None:
        """Count an entry that the audit chain did not take."""
        self._untaken.inc()

    def anchored(self, entries: int) -> None:
        """Keep up to which entry the audit chain is anchored."""
        self._anchored.set(entries)

    def anchor_failure(self) -> None:
        """Count an attempt to anchor the audit chain that failed."""
        self._unanchored.inc()

    def backlog(self, waiting: float, oldest_seconds: float, audit_entries: float) -> None:
        """Keep what the store of decisions says; UNKNOWN for each where it says nothing."""
        self._waiting.set(waiting)
        self._oldest.set(oldest_seconds)
        self._entries.set(audit_entries)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
