"""Tests beside servers that others use, too: whether what they leave can be kept apart, and its removal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import obstore
import redis.asyncio as redis
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from l9stack.agent.backends import BackendUrls
from l9stack.agent.declarations import MemoryDeclaration
from l9stack.agent.memory import _database as database
from l9stack.agent.memory._connections import StoreConnections
from l9stack.agent.testing._spaces import prefix

_ANSWER_SECONDS = 45.0
_NODES = "MATCH (n) WHERE n.namespace STARTS WITH $start WITH n LIMIT 1000 DETACH DELETE n RETURN count(*) AS gone"


async def hindrance(backends: BackendUrls, run: str, declared: MemoryDeclaration) -> str:
    """Why tests could not run here, or not apart from what agents have decided; an empty string where they can."""
    if silent := await _silent(StoreConnections(declared, backends, prefix(run))):
        return f"backends that do not answer: {', '.join(silent)}"
    for url in sorted({backends.postgres, backends.hypergraph} - {""}):
        schema = f"{prefix(run)}tried"
        try:
            async with _postgres(url) as connection:
                await connection.execute(text(f"CREATE SCHEMA {schema}"))
                await connection.execute(text(f"DROP SCHEMA {schema}"))
        except SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            return f"a schema for tests alone cannot be made in Postgres: {cause}"
    return ""


async def _silent(connections: StoreConnections) -> list[str]:
    """The backends that do not answer; one that has just started is given some time for its first answer."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    try:
        while True:
            answers = await connections.probe()
            silent = [f"{name} ({said})" for name, said in answers.items() if said != "ok"]
            if not silent or time.monotonic() > deadline:
                return silent
            await asyncio.sleep(1)
    finally:
        await connections.close()


async def remove_run(backends: BackendUrls, run: str, declared: MemoryDeclaration) -> list[str]:
    """Remove all that a run of tests has left in the backends of declared layers; what could not be, and why.

    Redis and Postgres hold what every agent keeps, so they are always looked at.
    """
    run_of = _Run(backends, run)
    removals: dict[str, Callable[[], Awaitable[None]]] = {"redis": run_of.redis, "postgres": run_of.postgres}
    if declared.semantic is not None:
        removals["neo4j"] = run_of.graph
    if declared.archive is not None:
        removals["archive"] = run_of.archive
    left = []
    for name, remove in removals.items():
        try:
            await remove()
        except Exception as error:  # told in the summary: the tests' own result stands
            left.append(f"{name}: {type(error).__name__}")
    return left


@dataclass(frozen=True, slots=True)
class _Run:
    """The spaces of one run."""

    backends: BackendUrls
    name: str

    @property
    def namespaces(self) -> str:
        """How its namespaces begin."""
        return prefix(self.name).replace("_", "-")

    async def redis(self) -> None:
        """Remove keys."""
        async with redis.Redis.from_url(self.backends.redis, socket_timeout=10) as client:
            keys = [key async for key in client.scan_iter(match=f"{self.namespaces}*", count=1000)]
            for start in range(0, len(keys), 1000):
                await client.unlink(*keys[start : start + 1000])

    async def postgres(self) -> None:
        """Remove schemas: only tests that were stopped leave any."""
        query = text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, :start)")
        for url in sorted({self.backends.postgres, self.backends.hypergraph} - {""}):
            async with _postgres(url) as connection:
                for (schema,) in (await connection.execute(query, {"start": prefix(self.name)})).all():
                    await connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))

    async def graph(self) -> None:
        """Remove nodes with their edges."""
        connections = StoreConnections(MemoryDeclaration(), self.backends, self.namespaces)
        try:
            while (await connections.cypher(_NODES, {"start": self.namespaces}))[0]["gone"]:
                pass
        finally:
            await connections.close()

    async def archive(self) -> None:
        """Remove objects."""
        store = StoreConnections(MemoryDeclaration(), self.backends, self.namespaces).archive()
        # A prefix of obstore ends at a folder's name, and that of a run's namespaces ends within one.
        folders = (await obstore.list_with_delimiter_async(store))["common_prefixes"]
        for folder in folders:
            if folder.startswith(self.namespaces):
                async for batch in obstore.list(store, prefix=folder):
                    await obstore.delete_async(store, [entry["path"] for entry in batch])


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[AsyncConnection]:
    engine = database.connect(url)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()
