"""Prometheus metrics of one agent, in a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest


class Metrics:
    """Counters and latencies, labelled by operation."""

    def __init__(self, agent: str) -> None:
        self.registry = CollectorRegistry()
        self._calls = Counter(
            "l9_calls_total", "Calls by outcome", ["agent", "operation", "outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "l9_call_seconds", "Time of a call in seconds", ["agent", "operation"], registry=self.registry
        )
        self._escalations = Counter(
            "l9_escalations_total", "Escalations by reason", ["agent", "reason"], registry=self.registry
        )
        self._degraded = Counter(
            "l9_memory_failures_total", "Failed writes by layer", ["agent", "layer"], registry=self.registry
        )
        self._decisions = Counter(
            "l9_decisions_total",
            "Decisions of anchors by verdict, and those that expired",
            ["agent", "verdict"],
            registry=self.registry,
        )
        self._agent = agent

    def call(self, operation: str, outcome: str, seconds: float) -> None:
        """Count a call and its time."""
        self._calls.labels(self._agent, operation, outcome).inc()
        self._seconds.labels(self._agent, operation).observe(seconds)

    def escalation(self, reason: str) -> None:
        """Count an escalation by the kind of its reason."""
        self._escalations.labels(self._agent, reason).inc()

    def decision(self, verdict: str) -> None:
        """Count what became of a decision that waited: approve, override, block or expired."""
        self._decisions.labels(self._agent, verdict).inc()

    def memory_failure(self, layer: str) -> None:
        """Count a failed write."""
        self._degraded.labels(self._agent, layer).inc()

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
