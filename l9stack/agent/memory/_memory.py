"""An agent's memory: one call that records a decision in all layers that it declares, and the ways to find it again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import redis.asyncio as redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from l9stack.agent.backends import BackendUrls
from l9stack.agent.declarations import AgentDefinition
from l9stack.agent.memory import _database as database
from l9stack.agent.memory._connections import ANSWER_SECONDS, StoreConnections
from l9stack.agent.memory._layers import Archived, Causal, Decision, Episodic, Layer, LayerHome, Working
from l9stack.agent.memory._semantic import Semantic

_KINDS: Mapping[str, Callable[[LayerHome], Layer]] = {
    "working": Working,
    "episodic": Episodic,
    "semantic": Semantic,
    "causal": Causal,
    "archive": Archived,
}


class Memory:
    """The declared layers of one agent; Redis and Postgres also hold what agents share."""

    def __init__(self, definition: AgentDefinition, backends: BackendUrls, namespace: str) -> None:
        self.definition = definition
        self.namespace = namespace
        self.connections = StoreConnections(definition.memory, backends, namespace)
        place = LayerHome(definition, namespace, self.connections)
        self._layers = {name: _KINDS[name](place) for name in definition.memory.layers()}

    @property
    def redis(self) -> redis.Redis:
        """The client of Redis."""
        return self.connections.redis

    @property
    def postgres(self) -> AsyncEngine:
        """The engine of the store of decisions."""
        return self.connections.postgres

    async def prepare(self) -> None:
        """Make the tables in Postgres once; raises what the driver raises where it is down."""
        await self.connections.prepare()

    async def keeps_decisions(self) -> None:
        """Ask the store of decisions now, whatever it said before; raises what the driver raises where it is down."""
        await self.prepare()
        await self.connections.ping_postgres()

    async def record(self, decision: Decision) -> dict[str, str]:
        """Write the decision to every declared layer at the same time; failed layers with their reason."""
        writes = (asyncio.wait_for(layer.write(decision), ANSWER_SECONDS) for layer in self._layers.values())
        results = await asyncio.gather(*writes, return_exceptions=True)
        return {
            name: f"{type(result).__name__}: {result}".strip()
            for name, result in zip(self._layers, results, strict=True)
            if isinstance(result, BaseException)
        }

    async def recall(self, match: Mapping[str, Any], limit: int) -> list[dict[str, Any]]:
        """Earlier decisions of this agent whose request has these values, the newest first; no look-ups."""
        await self.prepare()
        episodic = self.definition.memory.episodic
        values = {
            "agent": self.definition.id,
            "wanted": json.dumps({"request": dict(match), "look_up": False}),
            "limit": limit,
        }
        # Containment compares exactly; texts of declared fields are compared once more in the form that is indexed.
        clauses = ["agent_id = :agent", "decision_data @> CAST(:wanted AS jsonb)"]
        for number, name in enumerate(database.indexed_fields(episodic.index_by if episodic else ())):
            if isinstance(match.get(name), str):
                clauses.append(f"decision_data->'request'->>'{name}' = :field{number}")
                values[f"field{number}"] = match[name]
        query = f"SELECT decision_data FROM decision_logs WHERE {' AND '.join(clauses)}"  # noqa: S608 - checked names
        async with self.postgres.connect() as connection:
            rows = await connection.execute(text(f"{query} ORDER BY timestamp DESC LIMIT :limit"), values)
            return [dict(row[0]) for row in rows]

    async def find(self, trace_id: str) -> dict[str, int]:
        """How many records each declared layer holds under a trace id; for tests and support."""
        return {name: await layer.count(trace_id) for name, layer in self._layers.items()}

    async def probe(self) -> dict[str, str]:
        """`ok`, or what is wrong, for each backend that this agent uses."""
        return await self.connections.probe()

    async def close(self) -> None:
        """Close every connection."""
        await self.connections.close()
