"""The library that generated agents import: declarations, operations, and the runtime that serves them.

It imports nothing else of l9stack; generated code needs `l9stack[agent]` and no more.
"""

from l9stack.agent.config import AgentSettings
from l9stack.agent.context import OperationContext
from l9stack.agent.declarations import (
    AgentDefinition,
    ArchiveLayer,
    BuiltinRoute,
    Call,
    CausalLayer,
    Comparison,
    EpisodicLayer,
    GovernancePolicy,
    Limits,
    MemoryDeclaration,
    Observation,
    Route,
    Rule,
    SemanticLayer,
    Trigger,
    WorkingLayer,
)
from l9stack.agent.envelope import PacketEnvelope
from l9stack.agent.operations import EscalatedError, Operation, PeerError, RefusedError, operation
from l9stack.agent.records import Payload, PolicyVerdict, Record

__all__ = [
    "AgentDefinition",
    "AgentSettings",
    "ArchiveLayer",
    "BuiltinRoute",
    "Call",
    "CausalLayer",
    "Comparison",
    "EpisodicLayer",
    "EscalatedError",
    "GovernancePolicy",
    "Limits",
    "MemoryDeclaration",
    "Observation",
    "Operation",
    "OperationContext",
    "PacketEnvelope",
    "Payload",
    "PeerError",
    "PolicyVerdict",
    "Record",
    "RefusedError",
    "Route",
    "Rule",
    "SemanticLayer",
    "Trigger",
    "WorkingLayer",
    "operation",
]
