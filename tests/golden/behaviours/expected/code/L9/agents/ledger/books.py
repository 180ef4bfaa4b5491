"""Ledger: Enter an amount."""

from __future__ import annotations

from l9stack.agent import OperationContext, Record, operation
from pydantic import Field


class EnterRequest(Record):
    """What enter takes."""

    shelf: str = Field(min_length=1, max_length=10)
    amount: int = Field(ge=0, le=1000)


class EnterResponse(Record):
    """What enter answers."""

    entry: str = Field(max_length=60)
    amount: int = Field(ge=0, le=1000)


@operation(summary="Enter an amount.", publish="entered")
async def enter(request: EnterRequest, context: OperationContext) -> EnterResponse:
    """Enter an amount."""
    return EnterResponse(entry=request.shelf, amount=request.amount)
