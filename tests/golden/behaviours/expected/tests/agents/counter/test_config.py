"""Settings of Counter: values, bounds and the environment."""

from __future__ import annotations

from typing import Any

from l9stack.agent.conformance import Checks, settings

import L9.agents.counter.config as module

VALUES: dict[str, Any] = {"shelves": 12}


def test_the_settings(l9_checks: Checks) -> None:
    """The values that won, what the environment may set instead, and what it may not."""
    settings.settings(
        l9_checks,
        module,
        "L9_COUNTER",
        VALUES,
        changes=[("shelves", "13", 13)],
        refused=[("shelves", "no such value")],
    )
    with l9_checks.positive("what is loaded is of the agent's own class"):
        assert type(module.load({})) is module.CounterConfig
