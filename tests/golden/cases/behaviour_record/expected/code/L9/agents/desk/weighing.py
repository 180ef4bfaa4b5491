"""Desk: Weigh a request."""

from __future__ import annotations

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field


class WeighRequest(Record):
    """What weigh takes."""

    amount: float = Field(ge=0, le=900)
    place: str = Field(max_length=20)


class WeighResponse(Record):
    """What weigh answers."""

    record_id: str
    length: int = Field(ge=0)


@operation(summary="Weigh a request.")
async def weigh(request: WeighRequest, context: OperationContext) -> WeighResponse:
    """Weigh a request."""
    return WeighResponse(record_id=context.decision_id, length=len(request.place))
