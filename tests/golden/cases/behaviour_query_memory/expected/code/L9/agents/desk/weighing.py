"""Desk: Weigh a request."""

from __future__ import annotations

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field, JsonValue


class WeighRequest(Record):
    """What weigh takes."""

    amount: float = Field(ge=0, le=900)
    place: str = Field(max_length=20)


class WeighResponse(Record):
    """What weigh answers."""

    count: int = Field(ge=0, description="how many decisions were found")
    decisions: JsonValue = Field(description="the decisions, newest first")


@operation(summary="Weigh a request.", look_up=True)
async def weigh(request: WeighRequest, context: OperationContext) -> WeighResponse:
    """Weigh a request."""
    found = await context.recall({"place": request.place}, limit=3)
    return WeighResponse.model_validate({"count": len(found), "decisions": found})
