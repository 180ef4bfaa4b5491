"""The tables of the house."""

from __future__ import annotations

from typing import Protocol

TABLES = {"corner": 2, "window": 4, "garden": 6, "long": 12}
"""Seats of each table, the smallest first."""


class Party(Protocol):
    """What the function reads of a request."""

    @property
    def party(self) -> int:
        """How many guests come."""


def choose(request: Party) -> dict[str, str | float]:
    """The smallest table that seats the party; where two have to be put together, nobody is sure that it will do."""
    for table, seats in TABLES.items():
        if seats >= request.party:
            return {"table": table, "seats": seats, "confidence": 1.0}
    return {"table": "long and garden", "seats": TABLES["long"] + TABLES["garden"], "confidence": 0.5}
