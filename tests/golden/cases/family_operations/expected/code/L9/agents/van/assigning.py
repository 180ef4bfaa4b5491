"""Van: Assign a van to a request."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field


class AssignRequest(Record):
    """What assign takes."""

    region: Literal["north", "south"]
    distance: float = Field(ge=0, le=500)


class AssignResponse(Record):
    """What assign answers."""

    van_id: str = Field(max_length=10)
    confidence: float = Field(ge=0, le=1)


@operation(summary="Assign a van to a request.")
async def assign(request: AssignRequest, context: OperationContext) -> AssignResponse:
    """Assign a van to a request."""
    return AssignResponse(van_id="V-" + request.region, confidence=0.9)
