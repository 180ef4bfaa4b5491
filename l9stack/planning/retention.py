"""Declared retention: what of it is kept to, and what of it is only told."""

from __future__ import annotations

import re
from collections.abc import Iterable

from l9stack.errors import Problem
from l9stack.model.agent import AgentSpec, MemoryKind, MemoryLayer

SPAN = re.compile(r"\s*(\d{1,4})[\s_-]*(h|hours?|d|days?|w|weeks?|months?|y|years?)\s*\Z", re.IGNORECASE)
"""The form of a span that the agents' memory keeps to; the library imports nothing of ours, nor we it here."""
_FOR_EVER = re.compile(r"\s*(indefinite(ly)?|permanent(ly)?|forever|for ever|unlimited)\s*\Z", re.IGNORECASE)
_EXPIRES = (MemoryKind.EPISODIC, MemoryKind.ARCHIVE)
_HOURS = {"h": 1, "d": 24, "w": 24 * 7, "m": 24 * 31, "y": 24 * 366}
"""A month and a year at their longest, as agents take them."""


def expires(layer: MemoryLayer) -> bool:
    """Whether the agent deletes what is older than the layer's declared retention."""
    span = SPAN.match(layer.retention) if layer.kind in _EXPIRES else None
    return span is not None and int(span[1]) > 0


def kept_days(layer: MemoryLayer) -> int | None:
    """For how many whole days what is older may be needed; None where everything is kept."""
    span = SPAN.match(layer.retention) if expires(layer) else None
    return -(-int(span[1]) * _HOURS[span[2][0].lower()] // 24) if span else None


def retention_notes(agents: Iterable[AgentSpec], notes: list[Problem]) -> None:
    """Note each retention that nothing will keep to: no span of time, or of a layer whose records do not expire."""
    for agent in agents:
        for layer in agent.memory:
            text = layer.retention
            if not text or _FOR_EVER.match(text) or expires(layer):
                continue
            if layer.kind is MemoryKind.WORKING and layer.ttl_seconds is not None:
                continue
            field = f"memorytopology.{layer.kind.value}memory"
            place = agent.places.get(f"{field}.retention", agent.places.get(field, agent.place))
            if layer.kind in _EXPIRES:
                reason, hint = "is no span of time, so that everything is kept", "write `90 days` or `3 years`"
            else:
                reason = "is told in documents, and nothing is deleted"
                hint = "episodic memory and the archive have a retention; working memory has `ttl`"
            message = f"{agent.id}: retention {text!r} of {layer.kind.value} memory {reason}"
            notes.append(Problem("retention-open", message, place, hint, "note"))
