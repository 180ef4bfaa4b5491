"""The semantic layer: a decision as a node, joined to the agent, to what it is about, and to the rules that fired.

Every node has the namespace of whoever keeps it: stacks and tests that share a server share no node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from l9stack.agent.memory._layers import Decision, LayerHome

_DECIDED = (
    "MERGE (a:agent {agent_id: $agent, namespace: $namespace}) "
    "MERGE (d:agent_decision {decision_id: $decision_id, namespace: $namespace}) "
    "SET d.trace_id = $trace_id, d.operation = $operation, d.status = $status, d.timestamp = $timestamp "
    "MERGE (a)-[:DECIDED]->(d)"
)
_INFLUENCES = (
    "MATCH (d:agent_decision {decision_id: $decision_id}) "
    "MERGE (e:domain_entity {entity_type: $kind, entity_id: $key, namespace: $namespace}) MERGE (d)-[:INFLUENCES]->(e)"
)
_ESCALATED = (
    "MATCH (d:agent_decision {decision_id: $decision_id}) "
    "MERGE (p:governance_policy {name: $rule, agent_id: $agent, namespace: $namespace}) "
    "MERGE (d)-[:ESCALATED_TO]->(p)"
)
_COUNT = "MATCH (:agent {agent_id: $agent})-[:DECIDED]->(d:agent_decision {trace_id: $trace}) RETURN count(d) AS n"


@dataclass(frozen=True, slots=True)
class Semantic:
    """A graph in Neo4j; everything is merged, so nothing is there twice."""

    place: LayerHome

    async def write(self, decision: Decision) -> None:
        """The node, then its edges."""
        cypher, values = self.place.connections.cypher, self._values(decision)
        await cypher(_DECIDED, values)
        for kind, key in _entities(decision):
            await cypher(_INFLUENCES, {**values, "kind": kind, "key": key})
        for rule in decision.fired:
            await cypher(_ESCALATED, {**values, "rule": rule})

    async def count(self, trace_id: str) -> int:
        """Decisions of the agent under the trace id."""
        rows = await self.place.connections.cypher(_COUNT, {"agent": self.place.agent, "trace": trace_id})
        return int(rows[0]["n"]) if rows else 0

    def _values(self, decision: Decision) -> dict[str, Any]:
        return {
            "agent": self.place.agent,
            "namespace": self.place.namespace,
            "decision_id": decision.decision_id,
            "trace_id": decision.trace_id,
            "operation": decision.operation,
            "status": decision.governance_status,
            "timestamp": decision.timestamp.isoformat(),
        }


def _entities(decision: Decision) -> list[tuple[str, str]]:
    """The request's `…_id` fields name the entities that a decision is about."""
    return [
        (name.removesuffix("_id"), str(value))
        for name, value in sorted(decision.request.items())
        if name.endswith("_id") and isinstance(value, str | int)
    ]
