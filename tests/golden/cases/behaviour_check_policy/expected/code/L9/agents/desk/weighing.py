"""Desk: Weigh a request."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field


class WeighRequest(Record):
    """What weigh takes."""

    amount: float = Field(ge=0, le=900)
    place: str = Field(max_length=20)


class WeighResponse(Record):
    """What weigh answers."""

    status: Literal["APPROVED", "ESCALATED"] = Field(description="the verdict")
    fired: list[str] = Field(description="names of the rules that fired")
    anchors: list[str] = Field(description="who was notified")


@operation(summary="Weigh a request.")
async def weigh(request: WeighRequest, context: OperationContext) -> WeighResponse:
    """Weigh a request."""
    verdict = context.check_policy(request.model_dump())
    return WeighResponse.model_validate({"status": verdict.status, "fired": verdict.fired, "anchors": verdict.anchors})
