"""Settings of TollGate."""

from __future__ import annotations

from collections.abc import Mapping

from l9stack.agent import AgentSettings

PREFIX = "L9_TOLL_GATE"


class TollGateConfig(AgentSettings):
    """TollGate has no settings of its own: neither schema nor glue declares any."""


def load(environ: Mapping[str, str] | None = None) -> TollGateConfig:
    """Load the settings: none, until somebody declares one."""
    return TollGateConfig.load(PREFIX, environ)
