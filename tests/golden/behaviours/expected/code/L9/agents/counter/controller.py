"""Counter: Counts things and keeps what it counted."""

from __future__ import annotations

from l9stack.agent import AgentDefinition, Call, Limits, Observation

from L9.agents.counter.api.routes import ROUTES
from L9.agents.counter.asking import total
from L9.agents.counter.counting import find, on_entered, weigh
from L9.agents.counter.governance_bridge import GOVERNANCE
from L9.agents.counter.memory_bridge import MEMORY

AGENT = AgentDefinition(
    id="counter",
    collection="behaviours",
    name="Counter",
    role="Counts things and keeps what it counted.",
    version="1.0.0",
    operations=(
        weigh,
        find,
        on_entered,
        total,
    ),
    memory=MEMORY,
    governance=GOVERNANCE,
    routes=ROUTES,
    calls=(Call("ledger", "packet_send", ("enter",)),),
    observes=(Observation("ledger", {"entered": "on_entered"}),),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
