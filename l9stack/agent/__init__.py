"""The library that generated agents import: declarations, operations, and the runtime that serves them.

It imports nothing else of l9stack; generated code needs `l9stack[agent]` and no more. Each name is imported when it is
first asked for: tools that need one small module of the library do not wait for its database drivers.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from l9stack.agent.records import Payload, PolicyVerdict, Record, Scalar

_HOME = {
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
    "OperationContext": "context",
    "PacketEnvelope": "envelope",
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
    "Scalar",
    "SemanticLayer",
    "Trigger",
    "WorkingLayer",
    "operation",
]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
