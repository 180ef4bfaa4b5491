"""Why decisions were as they were: the hyperedges of causal memory, read by factor."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import text

from l9stack.agent._calls.context import OperationContext
from l9stack.agent.records import Record

R = TypeVar("R", bound=Record)

_BY_FACTOR = (
    "SELECT decision_id, trace_id, operation, timestamp, factors -> CAST(:factor AS text) AS value,"
    " influences -> CAST(:factor AS text) AS influences, outcome FROM hyperedges"
    " WHERE agent_id = :agent AND jsonb_typeof(factors -> CAST(:factor AS text)) <> 'null'"
    " ORDER BY timestamp DESC, decision_id LIMIT :limit"
)


class Cause(Record):
    """What a factor was in one decision, and the values that it bore on."""

    decision_id: UUID
    trace_id: UUID
    operation: str
    timestamp: datetime
    value: Any
    bore_on: dict[str, Any]

    def read_as(self, model: type[R]) -> R:
        """The value, and what it bore on as far as the model names it."""
        named = {name: value for name, value in self.bore_on.items() if name in model.model_fields}
        return model.model_validate({**named, "value": self.value})


async def causes(context: OperationContext, factor: str, limit: int = 20) -> list[Cause]:
    """The newest decisions of this agent in which the factor had a value."""
    memory = context.runtime.memory
    await memory.connections.prepare_causal()
    values = {"factor": factor, "agent": context.runtime.definition.id, "limit": limit}
    async with memory.connections.hypergraph.connect() as connection:
        rows = (await connection.execute(text(_BY_FACTOR), values)).mappings().all()
    return [
        Cause(
            **{name: row[name] for name in ("decision_id", "trace_id", "operation", "timestamp", "value")},
            bore_on={name: row["outcome"][name] for name in row["influences"] or () if name in row["outcome"]},
        )
        for row in rows
    ]
