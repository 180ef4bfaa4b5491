"""Fleet: nearest van, reserve van, on van assigned."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field


class NearestVanRequest(Record):
    """What nearest van takes."""

    region: Literal["north", "south"]


class NearestVanResponse(Record):
    """What nearest van answers."""

    van_id: str = Field(max_length=40)
    free_capacity: int = Field(ge=0, le=40)


@operation(summary="Find the van that is nearest to a region.")
async def nearest_van(request: NearestVanRequest, context: OperationContext) -> NearestVanResponse:
    """Find the van that is nearest to a region."""
    return NearestVanResponse(van_id="V-" + request.region, free_capacity=12)


class ReserveVanRequest(Record):
    """What reserve van takes."""

    van_id: str = Field(max_length=40)


class ReserveVanResponse(Record):
    """What reserve van answers."""

    reserved: bool


@operation(summary="Reserve a van for a request.")
async def reserve_van(request: ReserveVanRequest, context: OperationContext) -> ReserveVanResponse:
    """Reserve a van for a request."""
    return ReserveVanResponse(reserved=request.van_id != "")


class OnVanAssignedRequest(Record):
    """What on van assigned takes."""

    van_id: str = Field(max_length=40)
    confidence: float = Field(ge=0, le=1)


class OnVanAssignedResponse(Record):
    """What on van assigned answers."""

    record_id: str


@operation(summary="Note that a van has been assigned.")
async def on_van_assigned(request: OnVanAssignedRequest, context: OperationContext) -> OnVanAssignedResponse:
    """Note that a van has been assigned."""
    return OnVanAssignedResponse(record_id=context.decision_id)
