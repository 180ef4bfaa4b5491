"""Desk: Weighs requests."""

from __future__ import annotations

from l9stack.agent import (
    AgentDefinition,
    GovernancePolicy,
    Limits,
    MemoryDeclaration,
    OperationContext,
    Record,
    Route,
    SemanticLayer,
    operation,
)
from pydantic import Field


class WeighRequest(Record):
    """What weigh takes."""

    amount: float = Field(ge=0, le=900)
    place: str = Field(max_length=20)


class WeighResponse(Record):
    """What weigh answers."""

    amount: float = Field(ge=0, le=900)
    place: str = Field(max_length=20)


@operation(summary="Weigh a request.")
async def weigh(request: WeighRequest, context: OperationContext) -> WeighResponse:
    """Weigh a request."""
    return WeighResponse.model_validate(request.model_dump())


MEMORY = MemoryDeclaration(
    semantic=SemanticLayer(nodes={"place": ("place_id", "name")}, edges={"near": ("place_id", "since")}),
)

GOVERNANCE = GovernancePolicy(
    anchors=("Ada",),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)

AGENT = AgentDefinition(
    id="desk",
    collection="memory_semantic",
    name="Desk",
    role="Weighs requests.",
    version="",
    operations=(weigh,),
    memory=MEMORY,
    governance=GOVERNANCE,
    routes=(Route("POST", "/desk/weigh", weigh),),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
