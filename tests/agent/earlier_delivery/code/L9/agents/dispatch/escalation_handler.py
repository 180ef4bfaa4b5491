"""Dispatch: the policy's triggers, and the way to a person."""

from __future__ import annotations

from l9stack.agent import OperationContext

ANCHORS = ("Shift Lead", "Compliance")
"""Who decides."""


def raise_model_drift_detected(context: OperationContext, detail: str = "") -> None:
    """Raise `model drift detected`, which asks for a person when the call ends."""
    context.raise_trigger("model_drift_detected", detail)


def raise_driver_not_reachable(context: OperationContext, detail: str = "") -> None:
    """Raise `driver not reachable`, which asks for a person when the call ends."""
    context.raise_trigger("driver_not_reachable", detail)


async def escalate(context: OperationContext, reason: str, severity: str = "") -> str:
    """Put the call before the anchors, beside its answer; the id of the decision that waits."""
    return await context.escalate(reason, severity)
