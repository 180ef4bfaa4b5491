"""Settings of Van."""

from __future__ import annotations

from collections.abc import Mapping

from l9stack.agent import AgentSettings

PREFIX = "L9_VAN"


class VanConfig(AgentSettings):
    """Settings that code of Van itself reads. The environment may set each, as L9_VAN_<NAME>."""

    reach: float = 7.5
    depots: int = 12
    night_shift: bool = False


def load(environ: Mapping[str, str] | None = None) -> VanConfig:
    """Load the settings: what the environment sets under the prefix, else the values above."""
    return VanConfig.load(PREFIX, environ)
