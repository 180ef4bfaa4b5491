"""Van: Assigns a van to a request."""

from __future__ import annotations

from l9stack.agent import AgentDefinition, Limits

from L9.agents.van.assigning import assign
from L9.agents.van.governance_bridge import GOVERNANCE
from L9.agents.van.memory_bridge import MEMORY
from L9.agents.van.routes import ROUTES

AGENT = AgentDefinition(
    id="van",
    collection="family_controller",
    name="Van",
    role="Assigns a van to a request.",
    version="",
    operations=(assign,),
    memory=MEMORY,
    governance=GOVERNANCE,
    routes=ROUTES,
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
