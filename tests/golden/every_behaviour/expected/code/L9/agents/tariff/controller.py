"""Tariff: Knows what each class pays, and grants what people decide."""

from __future__ import annotations

from l9stack.agent import (
    AgentDefinition,
    EpisodicLayer,
    GovernancePolicy,
    Limits,
    MemoryDeclaration,
    Observation,
    Route,
)

from L9.agents.tariff.rates import exempt, on_passed, toll

MEMORY = MemoryDeclaration(
    episodic=EpisodicLayer(),
)

GOVERNANCE = GovernancePolicy(
    anchors=("Road Master", "Ministry"),
    mode="hybrid",
    human_override=True,
    unbound="escalate",
    timeout_seconds=86400.0,
)

AGENT = AgentDefinition(
    id="tariff",
    collection="every_behaviour",
    name="Tariff",
    role="Knows what each class pays, and grants what people decide.",
    version="1.0.0",
    operations=(
        toll,
        on_passed,
        exempt,
    ),
    memory=MEMORY,
    governance=GOVERNANCE,
    routes=(Route("POST", "/tariff/toll", toll),),
    observes=(Observation("toll_gate", {"passed": "on_passed"}),),
    limits=Limits(rate="600/minute", max_payload_bytes=1048576),
)
