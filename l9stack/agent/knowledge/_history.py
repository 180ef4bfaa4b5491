"""What an agent's own decision log tells: how much it did, and whether a figure has moved."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from sqlalchemy import text

from l9stack.agent._calls.context import OperationContext
from l9stack.agent.records import Record

_ACTIVITY = (
    "SELECT operation, count(*) AS decisions, count(*) FILTER (WHERE governance_status = 'ESCALATED') AS escalated,"
    " avg(confidence_score) AS mean_confidence FROM decision_logs WHERE agent_id = :agent"
    " AND timestamp > now() - make_interval(secs => :seconds) GROUP BY operation ORDER BY operation"
)
_FIGURES = (
    "SELECT coalesce(decision_data->'response'->>:field, decision_data->'request'->>:field) FROM decision_logs"
    " WHERE agent_id = :agent AND jsonb_typeof(coalesce(decision_data->'response'->:field,"
    " decision_data->'request'->:field)) = 'number' ORDER BY timestamp DESC, decision_id LIMIT :limit"
)


class Activity(Record):
    """What one operation decided in a span of time; `mean_confidence` is None where no answer had any."""

    operation: str
    decisions: int
    escalated: int
    mean_confidence: float | None


class Drift(Record):
    """How far the newest values of a figure lie from the earlier ones, in standard deviations of the earlier ones."""

    field: str
    recent_mean: float
    earlier_mean: float
    deviations: float
    drifted: bool


async def activity(context: OperationContext, hours: float = 24.0) -> list[Activity]:
    """What each operation of this agent decided in the last hours; operations without decisions are not listed."""
    memory = context.runtime.memory
    await memory.prepare()
    values = {"agent": context.runtime.definition.id, "seconds": hours * 3600}
    async with memory.postgres.connect() as connection:
        rows = (await connection.execute(text(_ACTIVITY), values)).mappings().all()
    return [Activity.model_validate(dict(row)) for row in rows]


async def figures(context: OperationContext, field: str, limit: int) -> list[float]:
    """The newest values of a number in answers, else in requests, the newest first."""
    memory = context.runtime.memory
    await memory.prepare()
    values = {"agent": context.runtime.definition.id, "field": field, "limit": limit}
    async with memory.postgres.connect() as connection:
        return [float(row[0]) for row in await connection.execute(text(_FIGURES), values)]


def compare(field: str, recent: Sequence[float], earlier: Sequence[float], threshold: float) -> Drift | None:
    """The drift between two samples, or None where the earlier one is too small to have a spread (below three)."""
    if not recent or len(earlier) < 3:
        return None
    now, before, spread = statistics.fmean(recent), statistics.fmean(earlier), statistics.stdev(earlier)
    # Values that never varied before: any other one is as far off as can be said.
    deviations = abs(now - before) / spread if spread else (0.0 if now == before else threshold)
    return Drift(
        field=field, recent_mean=now, earlier_mean=before, deviations=deviations, drifted=deviations >= threshold
    )


async def drift(
    context: OperationContext, field: str, *, recent: int = 20, earlier: int = 200, threshold: float = 3.0
) -> Drift | None:
    """Compare the newest `recent` values of a figure with the `earlier` ones before them; None where too few are."""
    found = await figures(context, field, recent + earlier)
    return compare(field, found[:recent], found[recent:], threshold)
