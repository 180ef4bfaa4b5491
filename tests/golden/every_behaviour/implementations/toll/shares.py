"""What the ministry gets of each passage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from L9.agents.tariff.rates import OnPassedRequest


async def share_of(request: OnPassedRequest) -> dict[str, Any]:
    """A tenth of the toll, and a fifth of dear ones."""
    return {"share": round(request.toll * (0.2 if request.dear else 0.1), 2)}
