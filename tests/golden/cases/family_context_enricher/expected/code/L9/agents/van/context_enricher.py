"""Van: what memory knows beside a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from l9stack.agent import OperationContext, Record

INDEXED = ("region",)
"""Fields by which earlier decisions are found."""


class Enrichment(Record):
    """What memory knows beside a request: earlier decisions, the newest first."""

    earlier: tuple[dict[str, Any], ...]


async def enrich(context: OperationContext, values: Mapping[str, Any], limit: int = 5) -> Enrichment:
    """Look up at most `limit` decisions with the same indexed values."""
    same = {name: values[name] for name in INDEXED if name in values}
    earlier = await context.recall(same, limit) if same else []
    return Enrichment(earlier=tuple(earlier))
