"""Settings of Counter."""

from __future__ import annotations

from collections.abc import Mapping

from l9stack.agent import AgentSettings

PREFIX = "L9_COUNTER"


class CounterConfig(AgentSettings):
    """Settings that code of Counter itself reads. The environment may set each, as L9_COUNTER_<NAME>."""

    shelves: int = 12


def load(environ: Mapping[str, str] | None = None) -> CounterConfig:
    """Load the settings: what the environment sets under the prefix, else the values above."""
    return CounterConfig.load(PREFIX, environ)
