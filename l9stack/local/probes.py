"""Asks each kind of backend for its product and version, with the client that agents use."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import neo4j
import obstore
import psycopg
from redis import Redis

SECONDS = 5


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
    parts = urlsplit(url)
    auth = (unquote(parts.username or ""), unquote(parts.password or "")) if parts.username else None
    address = f"{parts.scheme}://{parts.hostname}:{parts.port or 7687}"
    with neo4j.GraphDatabase.driver(address, auth=auth, connection_timeout=SECONDS) as driver:
        driver.execute_query("RETURN 1", database_=parts.path.strip("/") or None)
        agent = driver.get_server_info().agent
    product, _, version = agent.partition("/")
    return product, version


def archive(url: str) -> tuple[str, str]:
    """Product of an object store that can be listed; raises obstore's error where it cannot."""
    store = obstore.store.from_url(url)
    next(iter(obstore.list(store, chunk_size=1)), None)
    return ("folder", "") if url.startswith("file:") else ("S3", "")
