"""The agent's part of the graph: typed nodes and edges that it keeps, and what is known about an entity.

Kinds and keys are properties, never labels, and queries are constants: nothing that a value says becomes Cypher.
"""

from __future__ import annotations

from typing import Any

from l9stack.agent._calls.context import OperationContext
from l9stack.agent.records import Record

_NODE = (
    "MERGE (e:domain_entity {entity_type: $kind, entity_id: $key, namespace: $namespace}) "
    "SET e += $properties, e.namespace = $namespace, e.kept_by = $agent, e.kept_at = $now"
)
_EDGE = (
    "MERGE (s:domain_entity {entity_type: $source_kind, entity_id: $source_key, namespace: $namespace}) "
    "MERGE (t:domain_entity {entity_type: $target_kind, entity_id: $target_key, namespace: $namespace}) "
    "MERGE (s)-[r:RELATES {kind: $kind}]->(t) SET r += $properties, r.kept_by = $agent, r.kept_at = $now"
)
_PROPERTIES = (
    "MATCH (e:domain_entity {entity_type: $kind, entity_id: $key, namespace: $namespace}) "
    "RETURN properties(e) AS properties"
)
_EDGES = (
    "MATCH (e:domain_entity {entity_type: $kind, entity_id: $key, namespace: $namespace})"
    "-[r:RELATES]-(o:domain_entity) "
    "RETURN r.kind AS kind, o.entity_type AS entity_type, o.entity_id AS entity_id "
    "ORDER BY kind, entity_type, entity_id LIMIT $limit"
)
_DECISIONS = (
    "MATCH (:agent {agent_id: $agent, namespace: $namespace})-[:DECIDED]->(d:agent_decision)"
    "-[:INFLUENCES]->(:domain_entity {entity_type: $kind, entity_id: $key, namespace: $namespace}) "
    "RETURN d.decision_id AS decision_id, d.operation AS operation, d.status AS status, d.timestamp AS timestamp "
    "ORDER BY timestamp DESC LIMIT $limit"
)


class Neighbour(Record):
    """An entity at the other end of an edge of this `kind`."""

    kind: str
    entity_type: str
    entity_id: str


class DecisionAbout(Record):
    """A decision of this agent that is about an entity."""

    decision_id: str
    operation: str
    status: str
    timestamp: str


class Entity(Record):
    """What the graph holds about one entity; `decisions` are this agent's own, the newest first."""

    entity_type: str
    entity_id: str
    properties: dict[str, Any]
    neighbours: tuple[Neighbour, ...]
    decisions: tuple[DecisionAbout, ...]


async def keep_node(context: OperationContext, kind: str, key: str, node: Record) -> None:
    """Merge an entity by its kind and key; properties that the record names are set, others stay."""
    values = {"kind": kind, "key": key, "properties": _properties(node), **_kept(context)}
    await context.runtime.memory.connections.cypher(_NODE, values)


async def keep_edge(
    context: OperationContext, kind: str, source: tuple[str, str], target: tuple[str, str], edge: Record
) -> None:
    """Merge an edge of a kind between two entities, each given by its kind and key; both are made where absent."""
    values = {
        "kind": kind,
        "source_kind": source[0],
        "source_key": source[1],
        "target_kind": target[0],
        "target_key": target[1],
        "properties": _properties(edge),
        **_kept(context),
    }
    await context.runtime.memory.connections.cypher(_EDGE, values)


async def read_entity(context: OperationContext, kind: str, key: str, limit: int = 20) -> Entity:
    """What the graph holds about an entity: its properties, at most `limit` neighbours and decisions."""
    cypher, agent = context.runtime.memory.connections.cypher, context.runtime.definition.id
    values = {"kind": kind, "key": key, "limit": limit, "agent": agent, "namespace": context.runtime.memory.namespace}
    properties = await cypher(_PROPERTIES, values)
    return Entity(
        entity_type=kind,
        entity_id=key,
        properties=dict(properties[0]["properties"]) if properties else {},
        neighbours=tuple(Neighbour.model_validate(row) for row in await cypher(_EDGES, values)),
        decisions=tuple(DecisionAbout.model_validate(row) for row in await cypher(_DECISIONS, values)),
    )


def _properties(record: Record) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude_none=True)


def _kept(context: OperationContext) -> dict[str, str]:
    runtime = context.runtime
    return {"agent": runtime.definition.id, "namespace": runtime.memory.namespace, "now": context.now.isoformat()}
