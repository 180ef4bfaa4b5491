"""Fleet: the policy's triggers, and the way to a person."""

from __future__ import annotations

from l9stack.agent import OperationContext

ANCHORS = ("Shift Lead",)
"""Who decides."""


def raise_load_above_what_the_van_may_carry(context: OperationContext, detail: str = "") -> None:
    """Raise `load above what the van may carry`, which asks for a person when the call ends."""
    context.raise_trigger("load_above_what_the_van_may_carry", detail)


async def escalate(context: OperationContext, reason: str, severity: str = "") -> str:
    """Put the call before the anchors, beside its answer; the id of the decision that waits."""
    return await context.escalate(reason, severity)
