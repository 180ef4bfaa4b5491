"""What an agent left behind under one trace id: in its audit log, its decisions, its memory and its streams."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from l9stack.agent._messaging import events
from l9stack.agent.memory._memory import Memory


async def audit_actions(memory: Memory, trace_id: str) -> list[str]:
    """The actions that the audit log holds, the oldest first."""
    query = "SELECT action FROM audit_log WHERE agent_id = :agent AND trace_id = :trace ORDER BY position"
    return [str(row[0]) for row in await _rows(memory, query, trace_id)]


async def escalations(memory: Memory, trace_id: str) -> list[tuple[str, str]]:
    """Status and reason of each decision that was put before the anchors, the oldest first."""
    query = "SELECT status, reason FROM decisions WHERE agent_id = :agent AND trace_id = :trace ORDER BY created_at"
    return [(str(row[0]), str(row[1])) for row in await _rows(memory, query, trace_id)]


async def recorded_decisions(memory: Memory, trace_id: str) -> list[dict[str, Any]]:
    """The decisions of episodic memory as data, the oldest first."""
    query = "SELECT decision_data FROM decision_logs WHERE agent_id = :agent AND trace_id = :trace ORDER BY timestamp"
    return [dict(row[0]) for row in await _rows(memory, query, trace_id)]


async def notifications(memory: Memory, anchor: str, trace_id: str) -> list[dict[str, str]]:
    """What an anchor was told, the oldest first."""
    return await _entries(memory, f"{memory.namespace}:anchors:{anchor}", trace_id)


async def dead_letters(memory: Memory, source: str, trace_id: str) -> list[dict[str, str]]:
    """Entries of a source's events that this agent could not handle, the oldest first."""
    return await _entries(memory, f"{events.stream(memory.namespace, source)}:dead:{memory.definition.id}", trace_id)


async def _entries(memory: Memory, stream: str, trace_id: str) -> list[dict[str, str]]:
    entries: Any = await memory.redis.xrange(stream)
    return [dict(fields) for _, fields in entries if fields["trace_id"] == trace_id]


async def _rows(memory: Memory, query: str, trace_id: str) -> list[Any]:
    await memory.prepare()
    async with memory.postgres.connect() as connection:
        found = await connection.execute(text(query), {"agent": memory.definition.id, "trace": trace_id})
        return list(found.all())
