"""Echo: Answers with what it is told."""

from __future__ import annotations

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


class SayRequest(Record):
    """What say takes."""

    text: str = Field(min_length=1, max_length=40)


class SayResponse(Record):
    """What say answers."""

    text: str = Field(min_length=1, max_length=40)


@operation(summary="Say it again.")
async def say(request: SayRequest, context: OperationContext) -> SayResponse:
    """Say it again."""
    return SayResponse.model_validate(request.model_dump())


GOVERNANCE = GovernancePolicy(
    anchors=("Ada",),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)

AGENT = AgentDefinition(
    id="echo",
    collection="input",
    name="Echo",
    role="Answers with what it is told.",
    version="",
    operations=(say,),
    memory=MemoryDeclaration(),
    governance=GOVERNANCE,
    routes=(Route("POST", "/echo/say", say),),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
