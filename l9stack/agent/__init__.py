"""The library that generated agents import: declarations, operations, and the runtime that serves them.

It imports nothing else of l9stack; generated code needs `l9stack[agent]` and no more. Each name is imported when it is
first asked for: tools that need one small module of the library do not wait for its database drivers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from l9stack.agent._lazy import exports

if TYPE_CHECKING:
    from l9stack.agent._calls.context import OperationContext as OperationContext
    from l9stack.agent._messaging.envelope import PacketEnvelope as PacketEnvelope
    from l9stack.agent.config import AgentSettings as AgentSettings
    from l9stack.agent.declarations import (
        AgentDefinition as AgentDefinition,
        ArchiveLayer as ArchiveLayer,
        BuiltinRoute as BuiltinRoute,
        Call as Call,
        CausalLayer as CausalLayer,
        Comparison as Comparison,
        EpisodicLayer as EpisodicLayer,
        GovernancePolicy as GovernancePolicy,
        Limits as Limits,
        MemoryDeclaration as MemoryDeclaration,
        Observation as Observation,
        Route as Route,
        Rule as Rule,
        SemanticLayer as SemanticLayer,
        Trigger as Trigger,
        WorkingLayer as WorkingLayer,
    )
    from l9stack.agent.operations import (
        EscalatedError as EscalatedError,
        Operation as Operation,
        PeerError as PeerError,
        RefusedError as RefusedError,
        operation as operation,
    )
    from l9stack.agent.records import (
        Payload as Payload,
        PolicyVerdict as PolicyVerdict,
        Record as Record,
        Scalar as Scalar,
    )

_HOMES = {
    "AgentDefinition": "declarations",
    "AgentSettings": "config",
    "ArchiveLayer": "declarations",
    "BuiltinRoute": "declarations",
    "Call": "declarations",
    "CausalLayer": "declarations",
    "Comparison": "declarations",
    "EpisodicLayer": "declarations",
    "EscalatedError": "operations",
    "GovernancePolicy": "declarations",
    "Limits": "declarations",
    "MemoryDeclaration": "declarations",
    "Observation": "declarations",
    "Operation": "operations",
    "OperationContext": "_calls.context",
    "PacketEnvelope": "_messaging.envelope",
    "Payload": "records",
    "PeerError": "operations",
    "PolicyVerdict": "records",
    "Record": "records",
    "RefusedError": "operations",
    "Route": "declarations",
    "Rule": "declarations",
    "Scalar": "records",
    "SemanticLayer": "declarations",
    "Trigger": "declarations",
    "WorkingLayer": "declarations",
    "operation": "operations",
}
"""The module of each public name."""

__all__ = list(_HOMES)
__getattr__ = exports(__name__, _HOMES)
# Modules of earlier versions are found under the names that delivered code has for them.
__path__.append(f"{__path__[0]}/_moved")
