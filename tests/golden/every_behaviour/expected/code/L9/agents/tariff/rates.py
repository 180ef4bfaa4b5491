"""Tariff: toll, on passed, exempt."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field
from toll.shares import share_of


class TollRequest(Record):
    """What toll takes."""

    kind: Literal["bike", "car", "lorry"]
    distance: int = Field(ge=0, le=900)


class TollResponse(Record):
    """What toll answers."""

    toll: float = Field(ge=0, le=500)
    rebate: float = Field(ge=0, le=50)
    cheap: bool


@operation(summary="Work out the toll of a distance.")
async def toll(request: TollRequest, context: OperationContext) -> TollResponse:
    """Work out the toll of a distance."""
    return TollResponse(
        toll=round(request.distance * (0.4 if request.kind == "lorry" else 0.1 if request.kind == "car" else 0.05), 2),
        rebate=abs(0 - min(request.distance % 7, 5)),
        cheap=not request.distance > 100,
    )


class OnPassedRequest(Record):
    """What on passed takes."""

    plate: str = Field(max_length=12)
    toll: float = Field(ge=0, le=500)
    dear: bool


class OnPassedResponse(Record):
    """What on passed answers."""

    share: float = Field(ge=0, le=500)


@operation(summary="Count what was taken, by our own rules.")
async def on_passed(request: OnPassedRequest, context: OperationContext) -> OnPassedResponse:
    """Count what was taken, by our own rules."""
    return await context.call_implementation(share_of, request, OnPassedResponse)


class ExemptRequest(Record):
    """What exempt takes."""

    plate: str = Field(max_length=12)


class ExemptResponse(Record):
    """What exempt answers."""

    exempt: bool


@operation(summary="Exempt a vehicle from the toll, as a person decides.", reusable=True, bound=False)
async def exempt(request: ExemptRequest, context: OperationContext) -> ExemptResponse:
    """Exempt a vehicle from the toll, as a person decides.

    Nobody has bound it: until then it does what the policy says of unbound operations.
    """
    return await context.unbound(ExemptResponse)
