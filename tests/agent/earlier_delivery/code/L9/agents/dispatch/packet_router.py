"""Dispatch: packets in and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from l9stack.agent import OperationContext

PACKET_TYPES = {"assign": "assign"}
"""The operation that each packet type leads to."""

TAKERS = {"reserve_van": ("fleet",)}
"""The agents that are wired to take packets of each type."""


def operation_for(packet_type: str) -> str | None:
    """Name the operation that a packet of this type leads to; None where the agent takes no such packets."""
    return PACKET_TYPES.get(packet_type)


async def forward(
    context: OperationContext, packet_type: str, arguments: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Send a packet to every agent that takes its type; their answers by agent. KeyError where none is wired."""
    return {agent: await context.send(agent, packet_type, arguments) for agent in TAKERS[packet_type]}
