"""The five memory layers: how each keeps a decision, and how many it holds under a trace id."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import obstore
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.memory._connections import StoreConnections


@dataclass(frozen=True, slots=True)
class Decision:
    """What an operation decided: recorded once, in every declared layer, under one trace id."""

    decision_id: str
    trace_id: str
    operation: str
    timestamp: datetime
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    criticality: float
    confidence: float | None
    governance_status: str
    fired: tuple[str, ...] = ()
    look_up: bool = False
    """Whether it only read memory."""

    def data(self) -> dict[str, Any]:
        """The decision as JSON data."""
        return {
            "decision_id": self.decision_id,
            "trace_id": self.trace_id,
            "operation": self.operation,
            "timestamp": self.timestamp.isoformat(),
            "request": dict(self.request),
            "response": dict(self.response),
            "criticality": self.criticality,
            "confidence": self.confidence,
            "governance_status": self.governance_status,
            "fired": list(self.fired),
            "look_up": self.look_up,
        }


@dataclass(frozen=True, slots=True)
class LayerHome:
    """Whose decisions they are, and the connections to where they lie."""

    definition: AgentDefinition
    namespace: str
    connections: StoreConnections

    @property
    def agent(self) -> str:
        """The agent's id."""
        return self.definition.id

    async def count(self, engine: AsyncEngine, table: str, trace_id: str) -> int:
        """Rows of the agent under a trace id."""
        statement = f"SELECT count(*) FROM {table} WHERE agent_id = :agent AND trace_id = :trace"  # noqa: S608
        async with engine.connect() as connection:
            found = await connection.scalar(text(statement), {"agent": self.agent, "trace": trace_id})
        return int(found or 0)


class Layer(Protocol):
    """One layer of one agent."""

    async def write(self, decision: Decision) -> None:
        """Keep a decision; raises what the backend's client raises."""
        ...

    async def count(self, trace_id: str) -> int:
        """How many records it holds under a trace id."""
        ...


def keyspace(definition: AgentDefinition) -> str:
    """The prefix of an agent's keys in Redis; the declared keyspace may end in `:*`."""
    working = definition.memory.working
    return (working.keyspace if working else "").removesuffix("*").rstrip(":") or definition.id


@dataclass(frozen=True, slots=True)
class Working:
    """In-flight state in Redis, until its time to live is over."""

    place: LayerHome

    def key(self, trace_id: str, operation: str) -> str:
        """The Redis key of an operation's state."""
        return f"{self.place.namespace}:{keyspace(self.place.definition)}:{trace_id}:{operation}"

    async def write(self, decision: Decision) -> None:
        """Keep it under its key."""
        working = self.place.definition.memory.working
        if working is not None:
            key = self.key(decision.trace_id, decision.operation)
            await self.place.connections.redis.set(key, json.dumps(decision.data()), ex=working.ttl_seconds)

    async def count(self, trace_id: str) -> int:
        """Keys under the trace id; what a keyspace has of a pattern's signs stands for itself."""
        pattern = re.sub(r"([\\*?\[\]])", r"\\\1", self.key(trace_id, ""))
        found = self.place.connections.redis.scan_iter(match=f"{pattern}*", count=500)
        return len([key async for key in found])


@dataclass(frozen=True, slots=True)
class Episodic:
    """Decision logs in Postgres."""

    place: LayerHome

    async def write(self, decision: Decision) -> None:
        """One row a decision."""
        await self.place.connections.prepare()
        async with self.place.connections.postgres.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO decision_logs (decision_id, agent_id, timestamp, operation, decision_data,"
                    " confidence_score, trace_id, governance_status) VALUES (:decision_id, :agent, :timestamp,"
                    " :operation, :data, :confidence, :trace_id, :status) ON CONFLICT (decision_id) DO NOTHING"
                ),
                {
                    "decision_id": decision.decision_id,
                    "agent": self.place.agent,
                    "timestamp": decision.timestamp,
                    "operation": decision.operation,
                    "data": json.dumps(decision.data()),
                    "confidence": decision.confidence,
                    "trace_id": decision.trace_id,
                    "status": decision.governance_status,
                },
            )

    async def count(self, trace_id: str) -> int:
        """Rows under the trace id."""
        await self.place.connections.prepare()
        return await self.place.count(self.place.connections.postgres, "decision_logs", trace_id)


@dataclass(frozen=True, slots=True)
class Causal:
    """One hyperedge a decision: its factors, what they influence, and weights."""

    place: LayerHome

    async def write(self, decision: Decision) -> None:
        """One row a hyperedge."""
        await self.place.connections.prepare_causal()
        causal = self.place.definition.memory.causal
        declared = causal.factors if causal else {}
        factors = {name: decision.request[name] for name in sorted(decision.request)}
        influences = {name: list(targets) for name, targets in declared.items()} or {
            name: sorted(decision.response) for name in factors
        }
        values = {**decision.request, **decision.response}
        outcome = {name: values[name] for names in influences.values() for name in names if name in values}
        weights = {"confidence": decision.confidence, "criticality": decision.criticality}
        async with self.place.connections.hypergraph.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO hyperedges (decision_id, agent_id, operation, trace_id, factors, influences, outcome,"
                    " weights) VALUES (:decision_id, :agent, :operation, :trace_id, :factors, :influences, :outcome,"
                    " :weights)"
                    " ON CONFLICT (decision_id) DO NOTHING"
                ),
                {
                    "decision_id": decision.decision_id,
                    "agent": self.place.agent,
                    "operation": decision.operation,
                    "trace_id": decision.trace_id,
                    "factors": json.dumps(factors),
                    "influences": json.dumps(influences),
                    "outcome": json.dumps(outcome),
                    "weights": json.dumps(weights),
                },
            )

    async def count(self, trace_id: str) -> int:
        """Hyperedges under the trace id."""
        await self.place.connections.prepare_causal()
        return await self.place.count(self.place.connections.hypergraph, "hyperedges", trace_id)


@dataclass(frozen=True, slots=True)
class Archived:
    """Decisions as objects, one folder a day."""

    place: LayerHome

    @property
    def _prefix(self) -> str:
        return f"{self.place.namespace}/{self.place.definition.collection}/{self.place.agent}"

    async def write(self, decision: Decision) -> None:
        """One object a decision."""
        body = json.dumps(decision.data(), sort_keys=True).encode()
        path = f"{self._prefix}/{decision.timestamp:%Y/%m/%d}/{decision.decision_id}.json"
        await obstore.put_async(self.place.connections.archive(), path, body)

    async def count(self, trace_id: str) -> int:
        """Objects under the trace id; every object of the agent is read."""
        store, found = self.place.connections.archive(), 0
        async for batch in obstore.list(store, prefix=f"{self._prefix}/"):
            for entry in batch:
                body = bytes(await (await obstore.get_async(store, entry["path"])).bytes_async())
                found += json.loads(body)["trace_id"] == trace_id
        return found
