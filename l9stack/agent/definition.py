"""A manifest to a definition: the controller's own where the schema lists one, composed from the modules otherwise."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from l9stack.agent._manifest import DefinitionError, memory_of, policy_of
from l9stack.agent._protocol import PacketProtocol
from l9stack.agent.declarations import (
    AgentDefinition,
    BuiltinRoute,
    Call,
    GovernancePolicy,
    Limits,
    MemoryDeclaration,
    Observation,
    Route,
)
from l9stack.agent.operations import Operation

__all__ = ["DefinitionError", "compose", "load"]


def load(manifest: Path, code: Path, extra: tuple[Path, ...] = ()) -> AgentDefinition:
    """The definition of the agent that a manifest describes; `code` and `extra` become import roots.

    Raises:
        DefinitionError: where the manifest names what the code does not hold.
    """
    for root in (code, *extra):
        if str(root) not in sys.path:
            sys.path.insert(0, str(root))
    document = json.loads(manifest.read_text(encoding="utf-8"))
    if document.get("controller"):
        found = _object(document["controller"], AgentDefinition)
        definition: AgentDefinition = found if isinstance(found, AgentDefinition) else _mismatch(document["controller"])
        # The protocol is the collection's: the manifest says it, whoever declares the agent.
        return replace(definition, protocol=PacketProtocol(**document.get("protocol", {})))
    return compose(document)


def compose(document: Mapping[str, Any]) -> AgentDefinition:
    """A definition from a manifest alone; bridges that the schema lists are used, else what the manifest says."""
    operations = tuple(_object(entry["callable"], Operation) for entry in document["operations"])
    by_name = {operation.name: operation for operation in operations}
    memory, governance = document["memory"], document["governance"]
    return AgentDefinition(
        id=document["agent"],
        collection=document["collection"],
        name=document["name"],
        role=document["role"],
        version=document["version"],
        operations=operations,
        memory=_object(memory["declared_by"], MemoryDeclaration)
        if memory.get("declared_by")
        else memory_of(memory["layers"]),
        governance=_object(governance["declared_by"], GovernancePolicy)
        if governance.get("declared_by")
        else policy_of(governance),
        routes=tuple(Route(r["method"], r["path"], by_name[r["operation"]]) for r in document["routes"]),
        builtin_routes=tuple(BuiltinRoute(r["method"], r["path"], r["serves"]) for r in document["builtin_routes"]),
        packet_types=dict(document["packet_types"]),
        calls=tuple(Call(c["to"], c["kind"], tuple(c["names"]), c["external"]) for c in document["calls"]),
        observes=tuple(Observation(o["source"], dict(o["events"])) for o in document["observes"]),
        publishes=tuple(document["publishes"]),
        limits=Limits(**document["limits"]),
        protocol=PacketProtocol(**document.get("protocol", {})),
    )


def _object(reference: str, kind: type[Any]) -> Any:
    """The object at `package.module:name`, which has to be of that kind."""
    module, _, name = reference.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise DefinitionError(f"{reference}: {error}") from error
    return found if isinstance(found, kind) else _mismatch(reference)


def _mismatch(reference: str) -> Any:
    raise DefinitionError(f"{reference} is not what the manifest says")
