"""Asks each kind of backend for its product and version, with the client that agents use."""

from __future__ import annotations

import logging
from typing import Any

import neo4j
import obstore
import psycopg
from redis import Redis

from l9stack.agent._security.addresses import GraphAddress, archive_store

SECONDS = 5
# What the driver warns of is raised as well, and told by whoever asked.
logging.getLogger("neo4j").addHandler(logging.NullHandler())


def redis(url: str) -> tuple[str, str]:
    """Product and version of a Redis-protocol server; raises redis.RedisError where it does not answer."""
    with Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS) as client:
        info = client.info("server")
    if "valkey_version" in info:
        return "Valkey", str(info["valkey_version"])
    return "Redis", str(info["redis_version"])


def postgres(url: str) -> tuple[str, str]:
    """Product and version of a Postgres server; raises psycopg.Error where it does not answer."""
    with psycopg.connect(url, connect_timeout=SECONDS) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return "PostgreSQL", str(row[0]) if row else ""


def graph(url: str) -> tuple[str, str]:
    """Product and version of a Bolt server; raises a driver's error where it does not answer."""
    graph = GraphAddress.of(url)
    # One query, asked once: what fails is told, not tried again for half a minute.
    once: dict[str, Any] = {"connection_timeout": SECONDS, "max_transaction_retry_time": 0, **graph.options}
    with neo4j.GraphDatabase.driver(graph.uri, auth=graph.auth, **once) as driver:
        driver.execute_query("RETURN 1", database_=graph.database)
        agent = driver.get_server_info().agent
    product, _, version = agent.partition("/")
    return product, version


def archive(url: str) -> tuple[str, str]:
    """Product of an object store that can be listed; raises obstore's error where it cannot."""
    store = archive_store(url)
    next(iter(obstore.list(store, chunk_size=1)), None)
    return ("folder", "") if url.startswith("file:") else ("S3", "")
