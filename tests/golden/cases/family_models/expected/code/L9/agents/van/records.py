"""Van: records that the glue names."""

from __future__ import annotations

from l9stack.agent import Payload, Record


class Place(Record):
    """Place, as the glue describes it."""

    region: str
    depot: str | None = None


class Bare(Payload):
    """Bare: the glue names no field of it, so that it may have any."""
