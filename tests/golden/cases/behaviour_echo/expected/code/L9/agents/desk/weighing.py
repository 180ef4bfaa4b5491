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

    amount: float = Field(ge=0, le=900)
    place: str = Field(max_length=20)


@operation(summary="Weigh a request.")
async def weigh(request: WeighRequest, context: OperationContext) -> WeighResponse:
    """Weigh a request."""
    return WeighResponse.model_validate(request.model_dump())
