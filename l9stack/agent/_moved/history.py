"""Moved to `l9stack.agent.knowledge`."""

from l9stack.agent.knowledge import (
    Activity as Activity,
    Drift as Drift,
    activity as activity,
    compare as compare,
    drift as drift,
    figures as figures,
)
