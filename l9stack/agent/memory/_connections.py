"""Connections to the backends of one agent: opened when first used, asked whether they answer, closed together."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import neo4j
import obstore
import redis.asyncio as redis
from neo4j import AsyncGraphDatabase
from neo4j.exceptions import ConstraintError, TransientError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from l9stack.agent._security.addresses import GraphAddress, archive_store
from l9stack.agent.backends import BackendUrls
from l9stack.agent.declarations import MemoryDeclaration
from l9stack.agent.memory import _database as database

ANSWER_SECONDS = 5.0
"""How long a backend may take over one write or probe."""
_FIRST_WAIT = 0.02
"""Seconds at most before a query of the graph is tried again: twice as long each time."""
_KEYS = {
    "agent": ("agent_id", "namespace"),
    "agent_decision": ("decision_id", "namespace"),
    "domain_entity": ("entity_type", "entity_id", "namespace"),
    "governance_policy": ("name", "agent_id", "namespace"),
}
"""What is merged by which properties, by the nodes' labels."""


class StoreConnections:
    """One client for each backend; a backend that no declared layer uses is never opened, and needs no URL."""

    def __init__(self, layers: MemoryDeclaration, backends: BackendUrls, namespace: str) -> None:
        self._layers = layers
        self._namespace = namespace
        self.redis: redis.Redis = redis.Redis.from_url(
            backends.redis, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=2, decode_responses=True
        )
        self.postgres: AsyncEngine = database.connect(backends.postgres)
        same = backends.hypergraph in ("", backends.postgres)
        self.hypergraph: AsyncEngine = self.postgres if same else database.connect(backends.hypergraph)
        self.graph = GraphAddress.of(backends.neo4j)
        self.driver: neo4j.AsyncDriver | None = None
        self.archive_url = backends.archive
        self.store: Any = None
        self._prepared: set[str] = set()
        self._preparing = asyncio.Lock()

    # -- used --------------------------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Make the tables in Postgres once; raises what the driver raises where it is down."""
        if "postgres" not in self._prepared:
            async with self._preparing:
                episodic = self._layers.episodic
                extra = database.index_statements(episodic.index_by if episodic else ())
                await database.prepare(self.postgres, extra)
                self._prepared.add("postgres")

    async def prepare_causal(self) -> None:
        """Make the table of hyperedges once."""
        if "hyperedges" not in self._prepared:
            async with self._preparing:
                await database.prepare_hyperedges(self.hypergraph)
                self._prepared.add("hyperedges")

    async def _prepare_graph(self) -> None:
        """Make the constraints of the graph once: without them, merges at the same time make a node each."""
        if "graph" not in self._prepared:
            async with self._preparing:
                for label, keys in _KEYS.items():
                    named = ", ".join(f"n.{key}" for key in keys)
                    await self._ask_graph(
                        f"CREATE CONSTRAINT l9_{label} IF NOT EXISTS FOR (n:{label}) REQUIRE ({named}) IS UNIQUE", {}
                    )
                self._prepared.add("graph")

    async def cypher(self, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows of a query; queries are constants, values travel as parameters."""
        await self._prepare_graph()
        return await self._ask_graph(query, values)

    async def _ask_graph(self, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Whoever merges a node while somebody else does is told so by the server, and asks again."""
        wait = _FIRST_WAIT
        while True:
            try:
                async with self._graph().session(database=self.graph.database) as session:
                    result = await session.run(query, dict(values))
                    return await result.data()
            except (ConstraintError, TransientError):
                if wait > ANSWER_SECONDS / 4:
                    raise
                await asyncio.sleep(random.uniform(wait / 2, wait))  # noqa: S311 - no secret
                wait *= 2

    def _graph(self) -> neo4j.AsyncDriver:
        if self.driver is None:
            graph = self.graph
            self.driver = AsyncGraphDatabase.driver(graph.uri, auth=graph.auth, connection_timeout=2, **graph.options)
        return self.driver

    def archive(self) -> Any:
        """The object store; a bucket's bare name is a bucket of S3."""
        if self.store is None:
            self.store = archive_store(self.archive_url)
        return self.store

    # -- asked -------------------------------------------------------------------------------------------------------

    async def probe(self) -> dict[str, str]:
        """`ok`, or what is wrong, for each backend that this agent uses."""
        pings = {"redis": self._ping_redis, "postgres": self.ping_postgres}
        if self._layers.semantic is not None:
            pings["neo4j"] = self._ping_graph
        if self._layers.causal is not None and self.hypergraph is not self.postgres:
            pings["hypergraph"] = self._ping_hypergraph
        if self._layers.archive is not None:
            pings["archive"] = self._ping_archive
        results = await asyncio.gather(
            *(asyncio.wait_for(ping(), ANSWER_SECONDS) for ping in pings.values()), return_exceptions=True
        )
        return {
            name: type(result).__name__ if isinstance(result, BaseException) else "ok"
            for name, result in zip(pings, results, strict=True)
        }

    async def ping_postgres(self) -> None:
        """Ask Postgres now; raises what the driver raises where it is down."""
        await _select_one(self.postgres)

    async def _ping_hypergraph(self) -> None:
        await _select_one(self.hypergraph)

    async def _ping_redis(self) -> None:
        await self.redis.get("l9:ping")

    async def _ping_graph(self) -> None:
        await self._ask_graph("RETURN 1 AS one", {})

    async def _ping_archive(self) -> None:
        async for _ in obstore.list(self.archive(), prefix=f"{self._namespace}/", chunk_size=1):
            break

    async def close(self) -> None:
        """Close every connection."""
        await self.redis.aclose()
        await self.postgres.dispose()
        if self.hypergraph is not self.postgres:
            await self.hypergraph.dispose()
        if self.driver is not None:
            await self.driver.close()


async def _select_one(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
