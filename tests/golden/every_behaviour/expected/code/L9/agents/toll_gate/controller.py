"""TollGate: Classes vehicles, works out what they pay, and lets them pass."""

from __future__ import annotations

from l9stack.agent import AgentDefinition, Call, Limits, OperationContext, Record, operation
from pydantic import Field

from L9.agents.toll_gate.api.routes import ROUTES
from L9.agents.toll_gate.classing import class_vehicle
from L9.agents.toll_gate.governance_bridge import GOVERNANCE
from L9.agents.toll_gate.memory_bridge import MEMORY
from L9.agents.toll_gate.passages import pass_through, weigh_passage
from L9.agents.toll_gate.records import keep_plate, note_incident, passages_of


class SayBackRequest(Record):
    """What say back takes."""

    words: str = Field(max_length=60)
    times: int = Field(default=1, ge=1, le=3)


class SayBackResponse(Record):
    """What say back answers."""

    words: str = Field(max_length=60)
    times: int = Field(default=1, ge=1, le=3)


@operation(summary="Answer with what was said.", criticality=0.1)
async def say_back(request: SayBackRequest, context: OperationContext) -> SayBackResponse:
    """Answer with what was said."""
    return SayBackResponse.model_validate(request.model_dump())


AGENT = AgentDefinition(
    id="toll_gate",
    collection="every_behaviour",
    name="TollGate",
    role="Classes vehicles, works out what they pay, and lets them pass.",
    version="1.0.0",
    operations=(
        say_back,
        class_vehicle,
        pass_through,
        weigh_passage,
        note_incident,
        keep_plate,
        passages_of,
    ),
    memory=MEMORY,
    governance=GOVERNANCE,
    routes=ROUTES,
    calls=(Call("tariff", "api_call", ("toll",)),),
    publishes=("passed",),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
