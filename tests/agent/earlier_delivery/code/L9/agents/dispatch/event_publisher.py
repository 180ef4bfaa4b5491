"""Dispatch: the events that it publishes."""

from __future__ import annotations

from l9stack.agent import OperationContext

from L9.agents.dispatch.assignment import AssignResponse

EVENTS = ("van_assigned",)
"""What this agent publishes; `l9 graph` shows who observes."""


async def publish_van_assigned(context: OperationContext, payload: AssignResponse) -> None:
    """Publish `van_assigned` once the call has succeeded; an operation that declares the event does so itself."""
    await context.publish("van_assigned", payload.model_dump(mode="json"))
