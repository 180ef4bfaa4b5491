"""Settings of TollGate: values, bounds and the environment."""

from __future__ import annotations

from typing import Any

from l9stack.agent.conformance import Checks, settings

import L9.agents.toll_gate.config as module

VALUES: dict[str, Any] = {}


def test_the_settings(l9_checks: Checks) -> None:
    """The values that won, what the environment may set instead, and what it may not."""
    settings.settings(
        l9_checks,
        module,
        "L9_TOLL_GATE",
        VALUES,
        changes=[],
        refused=[],
    )
    with l9_checks.positive("what is loaded is of the agent's own class"):
        assert type(module.load({})) is module.TollGateConfig
