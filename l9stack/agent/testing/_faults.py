"""Real faults, for tests: stores and peers that are asked where nobody answers."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

from l9stack.agent.backends import BackendUrls
from l9stack.agent.memory._connections import StoreConnections
from l9stack.agent.testing._agent import ServedAgent

_CLIENTS = {
    "working": ("redis",),
    "episodic": ("postgres",),
    "semantic": ("graph", "driver"),
    "causal": ("hypergraph",),
    "archive": ("archive_url", "store"),
}
"""What of an agent's connections reaches the store of a layer."""


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port of loopback that refuses connections, and that nobody else can open meanwhile."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


@contextlib.asynccontextmanager
async def failing_store(agent: ServedAgent, layer: str) -> AsyncIterator[None]:
    """Until the block ends, the agent looks for the store of a layer at a closed port (the archive: in no folder).

    Redis holds more than working memory, and Postgres more than the episodic one: all that is down then as well.
    """
    memory = agent.memory
    with closed_port() as port:
        nowhere = BackendUrls(
            redis=f"redis://127.0.0.1:{port}/0",
            postgres=f"postgresql://l9@127.0.0.1:{port}/none",
            neo4j=f"bolt://127.0.0.1:{port}",
            hypergraph=f"postgresql://l9@127.0.0.1:{port}/hyperedges",
            archive="file:///dev/null/none",
        )
        broken = StoreConnections(agent.definition.memory, nowhere, memory.namespace)
        _exchange(memory.connections, broken, layer)
        try:
            yield
        finally:
            _exchange(memory.connections, broken, layer)
            await broken.close()


def _exchange(one: StoreConnections, other: StoreConnections, layer: str) -> None:
    for name in _CLIENTS[layer]:
        mine, theirs = getattr(one, name), getattr(other, name)
        setattr(one, name, theirs)
        setattr(other, name, mine)


@contextlib.asynccontextmanager
async def unreachable(agent: ServedAgent, peer: str) -> AsyncIterator[None]:
    """Until the block ends, the agent asks by its HTTP client, and the peer is registered at a closed port."""
    registry = f"{agent.memory.namespace}:agents"
    usual, client = agent.runtime.transport, agent.http_client()
    with closed_port() as port:
        await agent.memory.redis.hset(registry, peer, f"http://127.0.0.1:{port}")
        agent.runtime.transport = client
        try:
            yield
        finally:
            agent.runtime.transport = usual
            await client.close()
            await agent.memory.redis.hdel(registry, peer)
