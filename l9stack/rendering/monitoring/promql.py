"""Expressions over the metrics of `l9stack.agent._telemetry.metrics`, for dashboards and rules alike.

Prometheus gives each target the labels `collection`, `stack` and `agent`: what an agent says of itself does not count.
"""

from __future__ import annotations

from collections.abc import Iterable

LATENCY_QUANTILES = (0.5, 0.95, 0.99)
EACH = "stack, agent"
"""The labels of one agent of one stack, which may have several replicas."""


def selector(collection: str, agents: Iterable[str] = (), *, stack: str = "", **labels: str) -> str:
    """`{collection="…",agent="…"}`; a value that begins with `~` is a pattern. Names need no quoting."""
    named = sorted(agents)
    parts = {"collection": collection, "stack": stack, "agent": one_of(named), **labels}
    told = (
        f'{name}=~"{value[1:]}"' if value.startswith("~") else f'{name}="{value}"'
        for name, value in parts.items()
        if value
    )
    return f"{{{','.join(told)}}}"


def one_of(names: Iterable[str]) -> str:
    """The value of a label that is one of some names; empty where there are none."""
    named = sorted(names)
    return named[0] if len(named) == 1 else f"~{'|'.join(named)}" if named else ""


def counter_sum(metric: str, where: str, window: str, by: str = EACH, function: str = "rate") -> str:
    """What a counter grows by, in each second or (`increase`) in the window, over all replicas."""
    return f"sum by ({by}) ({function}({metric}{where}[{window}]))"


def gauge_maximum(metric: str, where: str, by: str = EACH) -> str:
    """A gauge that each replica tells alike, for they ask one store."""
    return f"max by ({by}) ({metric}{where})"


def quantile(share: float, where: str, window: str, by: str) -> str:
    """The seconds within which that share of calls is answered; no number where there was no call."""
    return f"histogram_quantile({share:g}, {counter_sum('l9_call_seconds_bucket', where, window, f'{by}, le')})"


def failure_ratio(failed: str, every: str, window: str, by: str = EACH) -> str:
    """The part of calls that failed, from 0 to 1; no number where there was no call."""
    return f"{counter_sum('l9_calls_total', failed, window, by)} / {counter_sum('l9_calls_total', every, window, by)}"
