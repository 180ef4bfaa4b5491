"""TollGate: Class a vehicle by what is seen of it."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field


class ClassVehicleRequest(Record):
    """What class vehicle takes."""

    axles: int = Field(ge=2, le=12)
    height: float = Field(ge=0.5, le=6)
    fuel: str = Field(max_length=20)
    marks: list[str]
    trailer: bool = False


class ClassVehicleResponse(Record):
    """What class vehicle answers."""

    kind: Literal["bike", "car", "lorry"]
    surcharge: float = Field(ge=0, le=30)
    marks: list[str]
    confidence: float = Field(ge=0, le=1)
    exempt: bool


@operation(summary="Class a vehicle by what is seen of it.", criticality=0.7)
async def class_vehicle(request: ClassVehicleRequest, context: OperationContext) -> ClassVehicleResponse:
    """Class a vehicle by what is seen of it."""
    if request.axles > 3 or (request.trailer and request.height >= 2.5):
        return ClassVehicleResponse(
            kind="lorry", surcharge=min(request.axles * 2.5, 30), marks=["heavy"], confidence=0.9, exempt=False
        )
    if request.fuel.lower() in ["electric", "hydrogen"] and (not request.trailer):
        return ClassVehicleResponse(
            kind="car", surcharge=0, marks=request.marks, confidence=0.8, exempt="local" in request.marks
        )
    if request.height < 1.2 and len(request.marks) == 0:
        return ClassVehicleResponse(kind="bike", surcharge=0, marks=[], confidence=0.4, exempt=True)
    return ClassVehicleResponse(
        kind="car", surcharge=5 if request.trailer else 0, marks=request.marks, confidence=0.95, exempt=False
    )
