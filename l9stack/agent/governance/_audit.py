"""The audit log: append-only, each entry bound to the one before by its hash.

What holds: an entry that is changed, inserted, deleted or reordered breaks the chain. A cut tail is only found against
a head that was kept elsewhere (`_audit_anchors`), so no more is claimed than tamper-evident up to that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from l9stack.agent.records import digest

GENESIS = "0" * 64
_COLUMNS = "position, timestamp, trace_id, action, detail, previous, entry_hash"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One entry of an agent's chain: all that its hash is of, and nothing else."""

    agent: str
    position: int
    """From 1 on, without a gap."""
    timestamp: datetime
    trace_id: str | None
    action: str
    detail: Any
    """JSON data."""
    previous: str
    """The hash of the entry before; GENESIS for the first."""

    @property
    def entry_hash(self) -> str:
        """What the next entry is bound to."""
        when = self.timestamp.astimezone(UTC).isoformat()
        return digest([self.agent, self.position, when, self.trace_id, self.action, self.detail, self.previous])


async def append(engine: AsyncEngine, agent: str, action: str, detail: dict[str, Any], trace_id: str | None) -> str:
    """Add an entry and give back its hash, the new head of the chain."""
    async with engine.begin() as connection:
        return await add(connection, agent, action, detail, trace_id)


async def add(
    connection: AsyncConnection, agent: str, action: str, detail: dict[str, Any], trace_id: str | None
) -> str:
    """Add an entry within a transaction, so that it is there exactly where what it tells of is; its hash."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:agent))"), {"agent": f"audit:{agent}"})
    position, previous = await _head(connection, agent)
    entry = AuditEntry(
        agent=agent,
        position=position + 1,
        timestamp=datetime.now(UTC),
        trace_id=trace_id,
        action=action,
        detail=detail,
        previous=previous,
    )
    await connection.execute(
        text(
            f"INSERT INTO audit_log (agent_id, {_COLUMNS})"  # noqa: S608 - a constant
            " VALUES (:agent, :position, :timestamp, :trace_id, :action, :detail, :previous, :entry_hash)"
        ),
        {
            "agent": agent,
            "position": entry.position,
            "timestamp": entry.timestamp,
            "trace_id": trace_id,
            "action": action,
            "detail": json.dumps(detail),
            "previous": previous,
            "entry_hash": entry.entry_hash,
        },
    )
    return entry.entry_hash


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
        wanted = AuditEntry(
            agent=agent,
            position=number,
            timestamp=row.timestamp,
            trace_id=str(row.trace_id) if row.trace_id else None,
            action=row.action,
            detail=row.detail,
            previous=before,
        )
        if row.position != number or row.previous != before or row.entry_hash != wanted.entry_hash:
            problems.append(f"entry {number} does not follow from the one before")
        before = row.entry_hash
        seen.add(before)
    if head is not None and head not in seen:
        problems.append("the kept head is not in the chain: its tail was cut, or it was written anew")
    return problems
