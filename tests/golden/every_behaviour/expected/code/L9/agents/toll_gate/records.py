"""TollGate: note incident, keep plate, passages of."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field


class NoteIncidentRequest(Record):
    """What note incident takes."""

    plate: str = Field(min_length=2, max_length=12)
    story: str = Field(min_length=1, max_length=500)


class NoteIncidentResponse(Record):
    """What note incident answers."""

    record_id: str
    length: int = Field(ge=1, le=500)
    label: str = Field(max_length=40)


@operation(summary="Keep what happened on the road.", criticality=0.2)
async def note_incident(request: NoteIncidentRequest, context: OperationContext) -> NoteIncidentResponse:
    """Keep what happened on the road."""
    return NoteIncidentResponse(
        record_id=context.decision_id, length=len(request.story), label="short" if len(request.story) < 80 else "long"
    )


class KeepPlateRequest(Record):
    """What keep plate takes."""

    plate: str = Field(min_length=2, max_length=12)


class KeepPlateResponse(Record):
    """What keep plate answers."""

    record_id: str = Field(description="id under which the request is recorded")


@operation(summary="Keep a plate, with no more of an answer than where it is kept.")
async def keep_plate(request: KeepPlateRequest, context: OperationContext) -> KeepPlateResponse:
    """Keep a plate, with no more of an answer than where it is kept."""
    return KeepPlateResponse(record_id=context.decision_id)


class PassagesOfRequest(Record):
    """What passages of takes."""

    plate: str = Field(min_length=2, max_length=12)
    kind: Literal["bike", "car", "lorry"]


class PassagesOfResponse(Record):
    """What passages of answers."""

    count: int = Field(ge=0)


@operation(summary="Find earlier calls about a plate.", look_up=True)
async def passages_of(request: PassagesOfRequest, context: OperationContext) -> PassagesOfResponse:
    """Find earlier calls about a plate."""
    found = await context.recall({"plate": request.plate, "kind": request.kind}, limit=2)
    return PassagesOfResponse(count=len(found))
