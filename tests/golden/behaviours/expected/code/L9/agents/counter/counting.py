"""Counter: weigh, find, on entered."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field, JsonValue


class WeighRequest(Record):
    """What weigh takes."""

    total: float = Field(ge=0, le=5000)


class WeighResponse(Record):
    """What weigh answers."""

    status: Literal["APPROVED", "ESCALATED"] = Field(description="the verdict")
    fired: list[str] = Field(description="names of the rules that fired")
    anchors: list[str] = Field(description="who was notified")


@operation(summary="Weigh a count against the rules.")
async def weigh(request: WeighRequest, context: OperationContext) -> WeighResponse:
    """Weigh a count against the rules."""
    verdict = context.check_policy(request.model_dump())
    return WeighResponse.model_validate({"status": verdict.status, "fired": verdict.fired, "anchors": verdict.anchors})


class FindRequest(Record):
    """What find takes."""

    shelf: str = Field(min_length=1, max_length=10)


class FindResponse(Record):
    """What find answers."""

    count: int = Field(ge=0, description="how many decisions were found")
    decisions: JsonValue = Field(description="the decisions, newest first")


@operation(summary="Find earlier counts of a shelf.", look_up=True)
async def find(request: FindRequest, context: OperationContext) -> FindResponse:
    """Find earlier counts of a shelf."""
    found = await context.recall({"shelf": request.shelf}, limit=3)
    return FindResponse.model_validate({"count": len(found), "decisions": found})


class OnEnteredRequest(Record):
    """What on entered takes."""

    entry: str = Field(max_length=60)
    amount: int = Field(ge=0, le=1000)


class OnEnteredResponse(Record):
    """What on entered answers."""

    grade: Literal["small", "large"]


@operation(summary="Grade an entry.")
async def on_entered(request: OnEnteredRequest, context: OperationContext) -> OnEnteredResponse:
    """Grade an entry."""
    if request.amount > 100:
        return OnEnteredResponse(grade="large")
    return OnEnteredResponse(grade="small")
