"""The parts of a definition as a manifest describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from l9stack.agent.declarations import (
    ArchiveLayer,
    CausalLayer,
    Comparison,
    EpisodicLayer,
    GovernancePolicy,
    MemoryDeclaration,
    Rule,
    SemanticLayer,
    Trigger,
    WorkingLayer,
)


class DefinitionError(Exception):
    """The manifest and the code do not fit; the message says where."""


def memory_of(layers: list[Mapping[str, Any]]) -> MemoryDeclaration:
    """The memory that a manifest's `layers` describe."""
    made: dict[str, Any] = {}
    for layer in layers:
        match layer["kind"]:
            case "working":
                made["working"] = WorkingLayer(layer["keyspace"], layer["ttl_seconds"])
            case "episodic":
                made["episodic"] = EpisodicLayer(tuple(layer["index_by"]), layer["retention"])
            case "semantic":
                made["semantic"] = SemanticLayer(_tuples(layer["nodes"]), _tuples(layer["edges"]))
            case "causal":
                made["causal"] = CausalLayer(_tuples(layer["factors"]))
            case "archive":
                made["archive"] = ArchiveLayer(layer["retention"])
            case kind:
                raise DefinitionError(f"memory layer {kind!r} is not known")
    return MemoryDeclaration(**made)


def policy_of(governance: Mapping[str, Any]) -> GovernancePolicy:
    """The policy that a manifest's `governance` describes."""
    return GovernancePolicy(
        anchors=tuple(governance["anchors"]),
        rules=tuple(
            Rule(
                rule["name"],
                rule["text"],
                tuple(Comparison(c["field"], c["operator"], c["number"]) for c in rule["comparisons"]),
            )
            for rule in governance["rules"]
        ),
        triggers=tuple(Trigger(trigger["name"], trigger["text"]) for trigger in governance["triggers"]),
        audit_scope=tuple(governance["audit_scope"]),
        mode=governance["mode"],
        human_override=governance["human_override"],
        unbound=governance["unbound"],
        timeout_seconds=governance["timeout_seconds"],
    )


def _tuples(mapping: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in mapping.items()}
