"""Van: whether a figure of its answers has moved."""

from __future__ import annotations

from l9stack.agent import OperationContext
from l9stack.agent.knowledge import Drift, drift

WATCHED = ("confidence",)
"""Figures of the answers."""


async def detect(
    context: OperationContext, *, recent: int = 20, earlier: int = 200, threshold: float = 3.0
) -> list[Drift]:
    """Find the figures whose newest values lie `threshold` standard deviations or more off the earlier ones.

    A figure of which too few values are known yet is not among them.
    """
    compared = [await drift(context, name, recent=recent, earlier=earlier, threshold=threshold) for name in WATCHED]
    return [found for found in compared if found is not None and found.drifted]
