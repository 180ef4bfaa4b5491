"""Dispatch: the events that auditors look at."""

from __future__ import annotations

from l9stack.agent import OperationContext
from pydantic import JsonValue


async def log_assignments(context: OperationContext, **detail: JsonValue) -> bool:
    """Note `assignments` in the audit chain and the log, under the call's trace; whether it was kept."""
    return await context.note("assignments", detail)


async def log_refused_requests(context: OperationContext, **detail: JsonValue) -> bool:
    """Note `refused requests` in the audit chain and the log, under the call's trace; whether it was kept."""
    return await context.note("refused_requests", detail)
