"""Dispatch: whether a figure of its answers has moved."""

from __future__ import annotations

from l9stack.agent import OperationContext
from l9stack.agent.history import Drift, drift

WATCHED = ("confidence",)
"""Figures of the answers."""


async def detect(
    context: OperationContext, *, recent: int = 20, earlier: int = 200, threshold: float = 3.0
) -> list[Drift]:
    """Find the figures whose newest values lie `threshold` standard deviations or more off the earlier ones.

    Each raises the trigger of the policy that speaks of it.
    """
    compared = [await drift(context, name, recent=recent, earlier=earlier, threshold=threshold) for name in WATCHED]
    moved = [found for found in compared if found is not None and found.drifted]
    for found in moved:
        told = f"{found.field} moved from {found.earlier_mean:g} to {found.recent_mean:g}"
        context.raise_trigger("model_drift_detected", told)
    return moved
