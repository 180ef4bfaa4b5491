"""Fleet: Knows where vans are, and what they can still take."""

from __future__ import annotations

from l9stack.agent import (
    AgentDefinition,
    Call,
    GovernancePolicy,
    Limits,
    MemoryDeclaration,
    Route,
    Trigger,
    WorkingLayer,
)

from L9.agents.fleet.event_listener import OBSERVES
from L9.agents.fleet.logger import logger
from L9.agents.fleet.vans import nearest_van, on_van_assigned, reserve_van

MEMORY = MemoryDeclaration(
    working=WorkingLayer(keyspace="l9_families:fleet", ttl_seconds=3600),
)

GOVERNANCE = GovernancePolicy(
    anchors=("Shift Lead",),
    triggers=(Trigger("load_above_what_the_van_may_carry", "load above what the van may carry"),),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)

AGENT = AgentDefinition(
    id="fleet",
    collection="families",
    name="Fleet",
    role="Knows where vans are, and what they can still take.",
    version="1.0.0",
    operations=(
        nearest_van,
        reserve_van,
        on_van_assigned,
        logger,
    ),
    memory=MEMORY,
    governance=GOVERNANCE,
    routes=(Route("POST", "/fleet/nearest_van", nearest_van),),
    packet_types={"reserve_van": "reserve_van"},
    calls=(Call("dispatch", "packet_send", ("assign",)),),
    observes=OBSERVES,
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
