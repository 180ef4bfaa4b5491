"""Settings of Dispatch."""

from __future__ import annotations

from collections.abc import Mapping

from l9stack.agent import AgentSettings

PREFIX = "L9_DISPATCH"


class DispatchConfig(AgentSettings):
    """Dispatch has no settings of its own: neither schema nor glue declares any."""


def load(environ: Mapping[str, str] | None = None) -> DispatchConfig:
    """Load the settings: none, until somebody declares one."""
    return DispatchConfig.load(PREFIX, environ)
