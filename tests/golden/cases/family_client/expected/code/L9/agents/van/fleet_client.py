"""Van: what it asks of fleet."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record
from pydantic import ConfigDict, Field


class NearestRequest(Record):
    """What Fleet takes for nearest."""

    region: Literal["north", "south"]


class NearestAnswer(Record):
    """What Fleet answers to nearest."""

    model_config = ConfigDict(extra="ignore")

    van_id: str = Field(max_length=10)


async def nearest(context: OperationContext, request: NearestRequest) -> NearestAnswer:
    """Ask fleet: Find the van that is nearest to a region."""
    said = await context.ask("fleet", "nearest", request.model_dump(mode="json"))
    return context.answer_as(NearestAnswer, said, "fleet")
