"""Fleet: the events that it observes."""

from __future__ import annotations

from l9stack.agent import Observation

OBSERVES = (Observation("dispatch", {"van_assigned": "on_van_assigned"}),)
"""Events by the agent that publishes them, each with the operation that it runs."""


def operation_for(source: str, event: str) -> str | None:
    """Name the operation that an event of an agent runs; None where it is not observed."""
    return next((item.events[event] for item in OBSERVES if item.source == source and event in item.events), None)
