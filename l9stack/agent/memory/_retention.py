"""How long decisions are kept: what is older than a layer's declared retention is deleted, once a day.

A retention is a span of time, as `90 days` or `3_years`; any other text (`indefinite`) keeps everything. The audit
chain and decisions that wait for an anchor have no retention.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import obstore
from sqlalchemy import text

from l9stack.agent.memory._memory import Memory

_SPAN = re.compile(r"\s*(\d{1,4})[\s_-]*(h|hours?|d|days?|w|weeks?|months?|y|years?)\s*\Z", re.IGNORECASE)
# A month and a year are taken at their longest: nothing is deleted before its time.
_HOURS = {"h": 1, "d": 24, "w": 24 * 7, "m": 24 * 31, "y": 24 * 366}
_DAY = re.compile(r"/(\d{4})/(\d{2})/(\d{2})/[^/]+\Z")
_EVERY_SECONDS = 86_400.0
_AFTER_FAILURE = 300.0


def span_of(retention: str) -> timedelta | None:
    """The span that a text names; None where it names none, and everything is kept."""
    found = _SPAN.match(retention)
    return timedelta(hours=int(found[1]) * _HOURS[found[2][0].lower()]) if found and int(found[1]) else None


async def expire(memory: Memory, now: datetime) -> dict[str, int]:
    """Delete what is past its retention; how many records of each layer went. Raises what the drivers raise."""
    declared, gone = memory.definition.memory, dict[str, int]()
    episodic = span_of(declared.episodic.retention) if declared.episodic else None
    if episodic is not None:
        await memory.prepare()
        statement = text("DELETE FROM decision_logs WHERE agent_id = :agent AND timestamp < :limit")
        async with memory.postgres.begin() as connection:
            done = await connection.execute(statement, {"agent": memory.definition.id, "limit": now - episodic})
        gone["episodic"] = int(done.rowcount)
    archive = span_of(declared.archive.retention) if declared.archive else None
    if archive is not None:
        gone["archive"] = await _expire_objects(memory, (now - archive).date())
    return gone


async def _expire_objects(memory: Memory, first_kept: date) -> int:
    """Delete the objects of days before `first_kept`; their paths name the day."""
    store = memory.connections.archive()
    prefix = f"{memory.namespace}/{memory.definition.collection}/{memory.definition.id}/"
    old: list[str] = []
    async for batch in obstore.list(store, prefix=prefix):
        for entry in batch:
            day = _DAY.search(entry["path"])
            if day and date(int(day[1]), int(day[2]), int(day[3])) < first_kept:
                old.append(entry["path"])
    if old:
        await obstore.delete_async(store, old)
    return len(old)


async def run_retention(memory: Memory, log: Any) -> None:
    """Expire at the start and then once a day, until cancelled; a failure is logged, and tried again soon."""
    declared = memory.definition.memory
    texts = [layer.retention for layer in (declared.episodic, declared.archive) if layer is not None]
    task = asyncio.current_task()
    while any(map(span_of, texts)) and not (task and task.cancelling()):
        try:
            gone = await expire(memory, datetime.now(UTC))
        except Exception as error:
            log.warning("retention not kept yet", error=type(error).__name__)
            await asyncio.sleep(_AFTER_FAILURE)
            continue
        if any(gone.values()):
            log.info("past their retention", **gone)
        await asyncio.sleep(_EVERY_SECONDS)
