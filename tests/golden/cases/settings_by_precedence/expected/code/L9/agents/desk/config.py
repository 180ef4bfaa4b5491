"""Settings of Desk."""

from __future__ import annotations

from collections.abc import Mapping

from l9stack.agent import AgentSettings

PREFIX = "L9_DESK"


class DeskConfig(AgentSettings):
    """Settings that code of Desk itself reads. The environment may set each, as L9_DESK_<NAME>."""

    desks: int = 5


def load(environ: Mapping[str, str] | None = None) -> DeskConfig:
    """Load the settings: what the environment sets under the prefix, else the values above."""
    return DeskConfig.load(PREFIX, environ)
