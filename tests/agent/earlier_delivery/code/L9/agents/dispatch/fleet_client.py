"""Dispatch: what it asks of fleet."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record
from pydantic import ConfigDict, Field


class NearestVanRequest(Record):
    """What Fleet takes for nearest van."""

    region: Literal["north", "south"]


class NearestVanAnswer(Record):
    """What Fleet answers to nearest van."""

    model_config = ConfigDict(extra="ignore")

    van_id: str = Field(max_length=40)
    free_capacity: int = Field(ge=0, le=40)


async def nearest_van(context: OperationContext, request: NearestVanRequest) -> NearestVanAnswer:
    """Ask fleet: Find the van that is nearest to a region."""
    said = await context.ask("fleet", "nearest_van", request.model_dump(mode="json"))
    return context.answer_as(NearestVanAnswer, said, "fleet")


class ReserveVanRequest(Record):
    """What Fleet takes for reserve van."""

    van_id: str = Field(max_length=40)


class ReserveVanAnswer(Record):
    """What Fleet answers to reserve van."""

    model_config = ConfigDict(extra="ignore")

    reserved: bool


async def reserve_van(context: OperationContext, request: ReserveVanRequest) -> ReserveVanAnswer:
    """Ask fleet: Reserve a van for a request."""
    said = await context.send("fleet", "reserve_van", request.model_dump(mode="json"))
    return context.answer_as(ReserveVanAnswer, said, "fleet")
