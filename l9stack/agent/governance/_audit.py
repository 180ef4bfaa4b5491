"""The audit log: append-only, each entry bound to the one before by its hash.

What holds: an entry that is changed, inserted, deleted or reordered breaks the chain. A cut tail is only found against
a head that was kept elsewhere (`_anchors`), so no more is claimed than tamper-evident up to that.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from l9stack.agent.records import digest

GENESIS = "0" * 64
_COLUMNS = "position, timestamp, trace_id, action, detail, previous, entry_hash"


def _entry_hash(
    agent: str, position: int, when: str, trace_id: str | None, action: str, detail: Any, before: str
) -> str:
    return digest([agent, position, when, trace_id, action, detail, before])


async def append(engine: AsyncEngine, agent: str, action: str, detail: dict[str, Any], trace_id: str | None) -> str:
    """Add an entry and give back its hash, the new head of the chain."""
    async with engine.begin() as connection:
        return await add(connection, agent, action, detail, trace_id)


async def add(
    connection: AsyncConnection, agent: str, action: str, detail: dict[str, Any], trace_id: str | None
) -> str:
    """Add an entry within a transaction, so that it is there exactly where what it tells of is; its hash."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:agent))"), {"agent": f"audit:{agent}"})
    position, before = await _head(connection, agent)
    when = datetime.now(UTC)
    entry = _entry_hash(agent, position + 1, when.isoformat(), trace_id, action, detail, before)
    await connection.execute(
        text(
            f"INSERT INTO audit_log (agent_id, {_COLUMNS})"  # noqa: S608 - a constant
            " VALUES (:agent, :position, :timestamp, :trace_id, :action, :detail, :previous, :entry_hash)"
        ),
        {
            "agent": agent,
            "position": position + 1,
            "timestamp": when,
            "trace_id": trace_id,
            "action": action,
            "detail": json.dumps(detail),
            "previous": before,
            "entry_hash": entry,
        },
    )
    return entry


async def _head(connection: AsyncConnection, agent: str) -> tuple[int, str]:
    row = (
        await connection.execute(
            text("SELECT position, entry_hash FROM audit_log WHERE agent_id = :agent ORDER BY position DESC LIMIT 1"),
            {"agent": agent},
        )
    ).first()
    return (int(row[0]), str(row[1])) if row else (0, GENESIS)


async def head(engine: AsyncEngine, agent: str) -> tuple[int, str]:
    """How many entries an agent's chain has, and the hash of the last one."""
    async with engine.connect() as connection:
        return await _head(connection, agent)


async def holds(engine: AsyncEngine, agent: str, position: int, entry_hash: str) -> bool:
    """Whether the chain has an entry of that hash at that position."""
    query = text("SELECT 1 FROM audit_log WHERE agent_id = :agent AND position = :position AND entry_hash = :hash")
    values = {"agent": agent, "position": position, "hash": entry_hash}
    async with engine.connect() as connection:
        return (await connection.execute(query, values)).first() is not None


async def verify(engine: AsyncEngine, agent: str, head: str | None = None) -> list[str]:
    """What is wrong with an agent's chain, or nothing; `head` is a hash that was kept elsewhere."""
    query = text(f"SELECT {_COLUMNS} FROM audit_log WHERE agent_id = :agent ORDER BY position")  # noqa: S608
    async with engine.connect() as connection:
        rows = (await connection.execute(query, {"agent": agent})).all()
    problems: list[str] = []
    before, seen = GENESIS, {GENESIS}
    for number, row in enumerate(rows, start=1):
        when = row.timestamp.astimezone(UTC).isoformat()
        trace = str(row.trace_id) if row.trace_id else None
        wanted = _entry_hash(agent, number, when, trace, row.action, row.detail, before)
        if row.position != number or row.previous != before or row.entry_hash != wanted:
            problems.append(f"entry {number} does not follow from the one before")
        before = row.entry_hash
        seen.add(before)
    if head is not None and head not in seen:
        problems.append("the kept head is not in the chain: its tail was cut, or it was written anew")
    return problems
