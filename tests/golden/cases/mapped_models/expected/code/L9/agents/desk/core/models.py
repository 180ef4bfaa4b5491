"""Desk: records that the glue names."""

from __future__ import annotations

from l9stack.agent import Payload, Record


class PlotRequest(Record):
    """PlotRequest, as the glue describes it."""

    expr: str
    width: int = 80


class PlotResult(Payload):
    """PlotResult: the glue names no field of it, so that it may have any."""
