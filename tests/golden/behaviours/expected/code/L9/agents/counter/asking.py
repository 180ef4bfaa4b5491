"""Counter: Add up two shelves and enter the sum."""

from __future__ import annotations

from l9stack.agent import OperationContext, Record, operation
from pydantic import ConfigDict, Field


class TotalRequest(Record):
    """What total takes."""

    shelf: str = Field(min_length=1, max_length=10)
    first: int = Field(ge=0, le=500)
    second: int = Field(ge=0, le=500)


class TotalResponse(Record):
    """What total answers."""

    entry: str = Field(max_length=60)
    total: int = Field(ge=0, le=1000)


class EnterAnswer(Record):
    """The part of ledger's answer to enter that is used here."""

    model_config = ConfigDict(extra="ignore")

    entry: str = Field(max_length=60)
    amount: int = Field(ge=0, le=1000)


@operation(summary="Add up two shelves and enter the sum.")
async def total(request: TotalRequest, context: OperationContext) -> TotalResponse:
    """Add up two shelves and enter the sum."""
    said = await context.send("ledger", "enter", {"shelf": request.shelf, "amount": request.first + request.second})
    answer = context.answer_as(EnterAnswer, said, "ledger")
    return TotalResponse(entry=answer.entry, total=answer.amount)
