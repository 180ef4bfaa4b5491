"""Settings of Maths."""

from __future__ import annotations

from collections.abc import Mapping

from l9stack.agent import AgentSettings

PREFIX = "L9_MATHS"


class MathsConfig(AgentSettings):
    """Settings that code of Maths itself reads. The environment may set each, as L9_MATHS_<NAME>."""

    digits: int = 6
    name: str = "x"


def load(environ: Mapping[str, str] | None = None) -> MathsConfig:
    """Load the settings: what the environment sets under the prefix, else the values above."""
    return MathsConfig.load(PREFIX, environ)
