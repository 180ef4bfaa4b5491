"""Desk: Weigh a request."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field, JsonValue


class WeighRequest(Record):
    """What weigh takes."""

    name: str = Field(min_length=1, max_length=20)
    kind: Literal["small", "large"] = "small"
    count: int = Field(ge=1, le=9)
    share: float | None = Field(default=None, ge=0, le=1)
    known: bool
    tags: list[str] = Field(description="What people call it.")
    more: dict[str, JsonValue] | None = None
    rest: JsonValue = None


class WeighResponse(Record):
    """What weigh answers."""

    name: str = Field(min_length=1, max_length=20)
    kind: Literal["small", "large"] = "small"
    count: int = Field(ge=1, le=9)
    share: float | None = Field(default=None, ge=0, le=1)
    known: bool
    tags: list[str] = Field(description="What people call it.")
    more: dict[str, JsonValue] | None = None
    rest: JsonValue = None


@operation(summary="Weigh a request.")
async def weigh(request: WeighRequest, context: OperationContext) -> WeighResponse:
    """Weigh a request."""
    return WeighResponse.model_validate(request.model_dump())
