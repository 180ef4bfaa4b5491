"""Dispatch: Assigns vans to collection requests, and keeps what is known about vans and depots."""

from __future__ import annotations

from l9stack.agent import AgentDefinition, Call, Route

from L9.agents.dispatch.assignment import assign
from L9.agents.dispatch.governance_bridge import GOVERNANCE
from L9.agents.dispatch.memory_bridge import MEMORY
from L9.agents.dispatch.packet_router import PACKET_TYPES
from L9.agents.dispatch.rate_limiter import LIMITS

AGENT = AgentDefinition(
    id="dispatch",
    collection="families",
    name="Dispatch",
    role="Assigns vans to collection requests, and keeps what is known about vans and depots.",
    version="1.0.0",
    operations=(assign,),
    memory=MEMORY,
    governance=GOVERNANCE,
    routes=(Route("POST", "/dispatch/assign", assign),),
    packet_types=PACKET_TYPES,
    calls=(
        Call("fleet", "api_call", ("nearest_van",)),
        Call("fleet", "packet_send", ("reserve_van",)),
    ),
    publishes=("van_assigned",),
    limits=LIMITS,
)
