"""TollGate: pass through, weigh passage."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, operation
from pydantic import ConfigDict, Field


class PassThroughRequest(Record):
    """What pass through takes."""

    plate: str = Field(min_length=2, max_length=12)
    kind: Literal["bike", "car", "lorry"]
    distance: float = Field(ge=0, le=900)


class PassThroughResponse(Record):
    """What pass through answers."""

    plate: str = Field(max_length=12)
    toll: float = Field(ge=0, le=500)
    dear: bool


class TollAnswer(Record):
    """The part of tariff's answer to toll that is used here."""

    model_config = ConfigDict(extra="ignore")

    toll: float = Field(ge=0, le=500)
    rebate: float = Field(ge=0, le=50)


@operation(summary="Ask for the toll, and let the vehicle pass.", criticality=0.6, publish="passed")
async def pass_through(request: PassThroughRequest, context: OperationContext) -> PassThroughResponse:
    """Ask for the toll, and let the vehicle pass."""
    said = await context.ask("tariff", "toll", {"kind": request.kind, "distance": round(request.distance)})
    answer = context.answer_as(TollAnswer, said, "tariff")
    return PassThroughResponse(plate=request.plate, toll=max(answer.toll - answer.rebate, 0), dear=answer.toll > 50)


class WeighPassageRequest(Record):
    """What weigh passage takes."""

    toll: float = Field(ge=0, le=500)
    confidence: float = Field(ge=0, le=1)


class WeighPassageResponse(Record):
    """What weigh passage answers."""

    status: Literal["APPROVED", "ESCALATED"] = Field(description="the verdict")
    fired: list[str] = Field(description="names of the rules that fired")
    anchors: list[str] = Field(description="who was notified")


@operation(summary="Weigh a passage against the rules of the road.", criticality=0.8)
async def weigh_passage(request: WeighPassageRequest, context: OperationContext) -> WeighPassageResponse:
    """Weigh a passage against the rules of the road."""
    verdict = context.check_policy(request.model_dump())
    return WeighPassageResponse.model_validate(
        {"status": verdict.status, "fired": verdict.fired, "anchors": verdict.anchors}
    )
