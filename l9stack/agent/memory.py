"""The five memory layers, and the one call that records a decision in all that an agent declares."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import neo4j
import obstore
import redis.asyncio as redis
from neo4j import AsyncGraphDatabase
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from l9stack.agent import database
from l9stack.agent.backends import BackendUrls
from l9stack.agent.declarations import AgentDefinition

WRITE_SECONDS = 5.0


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


class Memory:
    """Connections to the backends of one agent; they are opened when first used."""

    def __init__(self, definition: AgentDefinition, backends: BackendUrls, namespace: str) -> None:
        self.definition = definition
        self.namespace = namespace
        self.layers = definition.memory
        self.redis: redis.Redis = redis.Redis.from_url(
            backends.redis, socket_timeout=WRITE_SECONDS, socket_connect_timeout=2, decode_responses=True
        )
        self.postgres: AsyncEngine = database.connect(backends.postgres)
        same = backends.hypergraph == backends.postgres
        self.hypergraph: AsyncEngine = self.postgres if same else database.connect(backends.hypergraph)
        self._graph_url = urlsplit(backends.neo4j)
        self._archive_url = backends.archive
        self._driver: neo4j.AsyncDriver | None = None
        self._archive: Any = None
        self._prepared: set[str] = set()
        self._preparing = asyncio.Lock()

    # -- the layers ------------------------------------------------------------------------------------------------

    def working_key(self, trace_id: str, operation: str) -> str:
        """The Redis key of an operation's state; the declared keyspace may end in `:*`."""
        working = self.layers.working
        space = (working.keyspace if working else "").removesuffix("*").rstrip(":") or self.definition.id
        return f"{self.namespace}:{space}:{trace_id}:{operation}"

    async def _working(self, decision: Decision) -> None:
        working = self.layers.working
        if working is not None:
            key = self.working_key(decision.trace_id, decision.operation)
            await self.redis.set(key, json.dumps(decision.data()), ex=working.ttl_seconds)

    async def _episodic(self, decision: Decision) -> None:
        await self.prepare()
        async with self.postgres.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO decision_logs (decision_id, agent_id, timestamp, operation, decision_data,"
                    " confidence_score, trace_id, governance_status) VALUES (:decision_id, :agent, :timestamp,"
                    " :operation, :data, :confidence, :trace_id, :status) ON CONFLICT (decision_id) DO NOTHING"
                ),
                {
                    "decision_id": decision.decision_id,
                    "agent": self.definition.id,
                    "timestamp": decision.timestamp,
                    "operation": decision.operation,
                    "data": json.dumps(decision.data()),
                    "confidence": decision.confidence,
                    "trace_id": decision.trace_id,
                    "status": decision.governance_status,
                },
            )

    async def _semantic(self, decision: Decision) -> None:
        entities = self._entities(decision)
        query = (
            "MERGE (a:agent {agent_id: $agent, namespace: $namespace}) "
            "MERGE (d:agent_decision {decision_id: $decision_id}) "
            "SET d.trace_id = $trace_id, d.operation = $operation, d.status = $status, d.timestamp = $timestamp "
            "MERGE (a)-[:DECIDED]->(d)"
        )
        await self._cypher(query, self._graph_values(decision))
        for kind, key in entities:
            query = (
                "MATCH (d:agent_decision {decision_id: $decision_id}) "
                "MERGE (e:domain_entity {entity_type: $kind, entity_id: $key}) MERGE (d)-[:INFLUENCES]->(e)"
            )
            await self._cypher(query, {"decision_id": decision.decision_id, "kind": kind, "key": key})
        for rule in decision.fired:
            query = (
                "MATCH (d:agent_decision {decision_id: $decision_id}) "
                "MERGE (p:governance_policy {name: $rule, agent_id: $agent}) MERGE (d)-[:ESCALATED_TO]->(p)"
            )
            await self._cypher(query, {**self._graph_values(decision), "rule": rule})

    def _graph_values(self, decision: Decision) -> dict[str, Any]:
        return {
            "agent": self.definition.id,
            "namespace": self.namespace,
            "decision_id": decision.decision_id,
            "trace_id": decision.trace_id,
            "operation": decision.operation,
            "status": decision.governance_status,
            "timestamp": decision.timestamp.isoformat(),
        }

    @staticmethod
    def _entities(decision: Decision) -> list[tuple[str, str]]:
        """The request's `…_id` fields name the entities that a decision is about."""
        return [
            (name.removesuffix("_id"), str(value))
            for name, value in sorted(decision.request.items())
            if name.endswith("_id") and isinstance(value, str | int)
        ]

    async def _causal(self, decision: Decision) -> None:
        await self.prepare_causal()
        causal = self.layers.causal
        declared = causal.factors if causal else {}
        factors = {name: decision.request[name] for name in sorted(decision.request)}
        influences = {name: list(targets) for name, targets in declared.items()} or {
            name: sorted(decision.response) for name in factors
        }
        weights = {"confidence": decision.confidence, "criticality": decision.criticality}
        async with self.hypergraph.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO hyperedges (decision_id, agent_id, operation, trace_id, factors, influences, weights)"
                    " VALUES (:decision_id, :agent, :operation, :trace_id, :factors, :influences, :weights)"
                    " ON CONFLICT (decision_id) DO NOTHING"
                ),
                {
                    "decision_id": decision.decision_id,
                    "agent": self.definition.id,
                    "operation": decision.operation,
                    "trace_id": decision.trace_id,
                    "factors": json.dumps(factors),
                    "influences": json.dumps(influences),
                    "weights": json.dumps(weights),
                },
            )

    def archive_path(self, decision_id: str, day: datetime) -> str:
        """The object's name: namespace, collection, agent, day, decision."""
        prefix = f"{self.namespace}/{self.definition.collection}/{self.definition.id}"
        return f"{prefix}/{day:%Y/%m/%d}/{decision_id}.json"

    async def _archived(self, decision: Decision) -> None:
        body = json.dumps(decision.data(), sort_keys=True).encode()
        await obstore.put_async(self.archive(), self.archive_path(decision.decision_id, decision.timestamp), body)

    # -- all layers ------------------------------------------------------------------------------------------------

    async def record(self, decision: Decision) -> dict[str, str]:
        """Write the decision to every declared layer at the same time; failed layers with their reason."""
        writers = {
            "working": self._working,
            "episodic": self._episodic,
            "semantic": self._semantic,
            "causal": self._causal,
            "archive": self._archived,
        }
        names = self.layers.layers()
        results = await asyncio.gather(
            *(asyncio.wait_for(writers[name](decision), WRITE_SECONDS) for name in names), return_exceptions=True
        )
        return {
            name: f"{type(result).__name__}: {result}".strip()
            for name, result in zip(names, results, strict=True)
            if isinstance(result, BaseException)
        }

    async def recall(self, match: Mapping[str, Any], limit: int) -> list[dict[str, Any]]:
        """Earlier decisions of this agent whose request has these values, the newest first; no look-ups."""
        await self.prepare()
        episodic = self.layers.episodic
        values = {
            "agent": self.definition.id,
            "wanted": json.dumps({"request": dict(match), "look_up": False}),
            "limit": limit,
        }
        # Containment compares exactly; texts of declared fields are compared once more in the form that is indexed.
        clauses = ["agent_id = :agent", "decision_data @> CAST(:wanted AS jsonb)"]
        for number, name in enumerate(database.indexed(episodic.index_by if episodic else ())):
            if isinstance(match.get(name), str):
                clauses.append(f"decision_data->'request'->>'{name}' = :field{number}")
                values[f"field{number}"] = match[name]
        query = f"SELECT decision_data FROM decision_logs WHERE {' AND '.join(clauses)}"  # noqa: S608 - checked names
        async with self.postgres.connect() as connection:
            rows = await connection.execute(text(f"{query} ORDER BY timestamp DESC LIMIT :limit"), values)
            return [dict(row[0]) for row in rows]

    async def find(self, trace_id: str) -> dict[str, int]:
        """How many records each declared layer holds under a trace id; for tests, support and `l9 trace`."""
        counts: dict[str, int] = {}
        for name in self.layers.layers():
            counts[name] = await getattr(self, f"_count_{name}")(trace_id)
        return counts

    async def _count_working(self, trace_id: str) -> int:
        pattern = self.working_key(trace_id, "*")
        return len([key async for key in self.redis.scan_iter(match=pattern, count=500)])

    async def _count_episodic(self, trace_id: str) -> int:
        return await self._count(self.postgres, "decision_logs", trace_id)

    async def _count_causal(self, trace_id: str) -> int:
        return await self._count(self.hypergraph, "hyperedges", trace_id)

    async def _count(self, engine: AsyncEngine, table: str, trace_id: str) -> int:
        await (self.prepare_causal() if table == "hyperedges" else self.prepare())
        statement = f"SELECT count(*) FROM {table} WHERE agent_id = :agent AND trace_id = :trace"  # noqa: S608
        async with engine.connect() as connection:
            found = await connection.scalar(text(statement), {"agent": self.definition.id, "trace": trace_id})
        return int(found or 0)

    async def _count_semantic(self, trace_id: str) -> int:
        query = (
            "MATCH (:agent {agent_id: $agent})-[:DECIDED]->(d:agent_decision {trace_id: $trace}) RETURN count(d) AS n"
        )
        rows = await self._cypher(query, {"agent": self.definition.id, "trace": trace_id})
        return int(rows[0]["n"]) if rows else 0

    async def _count_archive(self, trace_id: str) -> int:
        prefix = f"{self.namespace}/{self.definition.collection}/{self.definition.id}/"
        found = 0
        async for batch in obstore.list(self.archive(), prefix=prefix):
            for entry in batch:
                body = bytes(await (await obstore.get_async(self.archive(), entry["path"])).bytes_async())
                found += json.loads(body)["trace_id"] == trace_id
        return found

    # -- connections -----------------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Make the tables in Postgres once; raises what the driver raises where it is down."""
        if "postgres" not in self._prepared:
            async with self._preparing:
                episodic = self.layers.episodic
                extra = database.index_statements(episodic.index_by if episodic else ())
                await database.prepare(self.postgres, extra)
                self._prepared.add("postgres")

    async def keeps_decisions(self) -> None:
        """Ask the store of decisions now, whatever it said before; raises what the driver raises where it is down."""
        await self.prepare()
        await self._ping_postgres()

    async def prepare_causal(self) -> None:
        """Make the table of hyperedges once."""
        if "hyperedges" not in self._prepared:
            async with self._preparing:
                await database.prepare_hyperedges(self.hypergraph)
                self._prepared.add("hyperedges")

    async def _cypher(self, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        # Queries are built from the constants above; values travel as parameters.
        async with self._graph().session(database=self._graph_url.path.strip("/") or None) as session:
            result = await session.run(query, dict(values))
            return await result.data()

    def _graph(self) -> neo4j.AsyncDriver:
        if self._driver is None:
            url = self._graph_url
            auth = (unquote(url.username or ""), unquote(url.password or "")) if url.username else None
            address = f"{url.scheme}://{url.hostname}:{url.port or 7687}"
            self._driver = AsyncGraphDatabase.driver(address, auth=auth, connection_timeout=2)
        return self._driver

    def archive(self) -> Any:
        """The object store."""
        if self._archive is None:
            self._archive = obstore.store.from_url(self._archive_url)
        return self._archive

    async def probe(self) -> dict[str, str]:
        """`ok`, or what is wrong, for each backend that this agent uses."""
        names = {"redis": self._ping_redis, "postgres": self._ping_postgres}
        if self.layers.semantic is not None:
            names["neo4j"] = self._ping_graph
        if self.layers.causal is not None and self.hypergraph is not self.postgres:
            names["hypergraph"] = self._ping_hypergraph
        if self.layers.archive is not None:
            names["archive"] = self._ping_archive
        results = await asyncio.gather(
            *(asyncio.wait_for(ping(), WRITE_SECONDS) for ping in names.values()), return_exceptions=True
        )
        return {
            name: type(result).__name__ if isinstance(result, BaseException) else "ok"
            for name, result in zip(names, results, strict=True)
        }

    async def _ping_redis(self) -> None:
        await self.redis.get("l9:ping")

    async def _ping_postgres(self) -> None:
        async with self.postgres.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def _ping_hypergraph(self) -> None:
        async with self.hypergraph.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def _ping_graph(self) -> None:
        await self._cypher("RETURN 1 AS one", {})

    async def _ping_archive(self) -> None:
        async for _ in obstore.list(self.archive(), prefix=f"{self.namespace}/", chunk_size=1):
            break

    async def close(self) -> None:
        """Close every connection."""
        await self.redis.aclose()
        await self.postgres.dispose()
        if self.hypergraph is not self.postgres:
            await self.hypergraph.dispose()
        if self._driver is not None:
            await self._driver.close()
