"""Desk: Weigh a request."""

from __future__ import annotations

from l9stack.agent import OperationContext, Record, operation
from pydantic import ConfigDict, Field


class WeighRequest(Record):
    """What weigh takes."""

    amount: float = Field(ge=0, le=900)
    place: str = Field(max_length=20)


class WeighResponse(Record):
    """What weigh answers."""

    van_id: str = Field(max_length=10)
    far: bool


class NearestAnswer(Record):
    """The part of fleet's answer to nearest that is used here."""

    model_config = ConfigDict(extra="ignore")

    van_id: str = Field(max_length=10)
    distance: float = Field(ge=0, le=900)


@operation(summary="Weigh a request.")
async def weigh(request: WeighRequest, context: OperationContext) -> WeighResponse:
    """Weigh a request."""
    said = await context.ask("fleet", "nearest", {"region": request.place})
    answer = context.answer_as(NearestAnswer, said, "fleet")
    return WeighResponse(van_id=answer.van_id, far=answer.distance > request.amount)
