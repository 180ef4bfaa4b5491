"""Dispatch: Assign the nearest van to a collection request."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field


class AssignRequest(Record):
    """What assign takes."""

    request_id: str = Field(min_length=1, max_length=40)
    region: Literal["north", "south"]
    distance: float = Field(ge=0, le=500)


class AssignResponse(Record):
    """What assign answers."""

    van_id: str = Field(max_length=40)
    confidence: float = Field(ge=0, le=1)


@operation(summary="Assign the nearest van to a collection request.", criticality=0.6, publish="van_assigned")
async def assign(request: AssignRequest, context: OperationContext) -> AssignResponse:
    """Assign the nearest van to a collection request."""
    if request.distance > 200:
        return AssignResponse(van_id="long-haul", confidence=0.5)
    return AssignResponse(van_id="city", confidence=0.9)
