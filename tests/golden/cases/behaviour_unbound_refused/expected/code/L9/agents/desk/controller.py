"""Desk: Weighs requests."""

from __future__ import annotations

from l9stack.agent import AgentDefinition, GovernancePolicy, Limits, MemoryDeclaration, Route

from L9.agents.desk.weighing import weigh

GOVERNANCE = GovernancePolicy(
    anchors=("Ada",),
    mode="hybrid",
    human_override=True,
    unbound="refuse",
    timeout_seconds=86400.0,
)

AGENT = AgentDefinition(
    id="desk",
    collection="behaviour_unbound_refused",
    name="Desk",
    role="Weighs requests.",
    version="",
    operations=(weigh,),
    memory=MemoryDeclaration(),
    governance=GOVERNANCE,
    routes=(Route("POST", "/desk/weigh", weigh),),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
