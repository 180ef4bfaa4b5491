"""Van: Assigns a van to a request."""

from __future__ import annotations

from typing import Literal

from l9stack.agent import (
    AgentDefinition,
    GovernancePolicy,
    Limits,
    MemoryDeclaration,
    OperationContext,
    Record,
    Route,
    operation,
)
from pydantic import Field


class AssignRequest(Record):
    """What assign takes."""

    region: Literal["north", "south"]
    distance: float = Field(ge=0, le=500)


class AssignResponse(Record):
    """What assign answers."""

    van_id: str = Field(max_length=10)
    confidence: float = Field(ge=0, le=1)


@operation(summary="Assign a van to a request.", publish="assigned")
async def assign(request: AssignRequest, context: OperationContext) -> AssignResponse:
    """Assign a van to a request."""
    return AssignResponse(van_id="V-" + request.region, confidence=0.9)


GOVERNANCE = GovernancePolicy(
    anchors=("Ada",),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)

AGENT = AgentDefinition(
    id="van",
    collection="wiring_event_observe",
    name="Van",
    role="Assigns a van to a request.",
    version="",
    operations=(assign,),
    memory=MemoryDeclaration(),
    governance=GOVERNANCE,
    routes=(Route("POST", "/van/assign", assign),),
    publishes=("assigned",),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
