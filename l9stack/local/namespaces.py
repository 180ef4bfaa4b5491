"""A stack's own part of the shared servers: a database, a graph and a folder of its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from l9stack.agent.backends import BackendUrls
from l9stack.errors import ServiceError
from l9stack.local import arcadedb, processes


def database_name(namespace: str) -> str:
    """The database of a namespace: letters, digits and `_` only."""
    return f"l9_{re.sub(r'[^a-z0-9_]', '_', namespace.lower())[:50]}"


def urls(folder: Path, ports: Mapping[str, int], namespace: str) -> BackendUrls:
    """The URLs of a namespace; its database, graph and folder are made where they are missing."""
    name = database_name(namespace)
    secrets = {server: quote(processes.password(folder, server)) for server in ("redis", "postgres", "neo4j")}
    base = f"postgresql://l9:{secrets['postgres']}@{processes.HOST}:{ports['postgres']}"
    _make_database(f"{base}/postgres", name)
    arcadedb.make_graph(folder / "data" / "neo4j", processes.password(folder, "neo4j"), name)
    archive = folder / "data" / "archive"
    archive.mkdir(parents=True, exist_ok=True)
    return BackendUrls(
        redis=f"redis://:{secrets['redis']}@{processes.HOST}:{ports['redis']}/0",
        postgres=f"{base}/{name}",
        neo4j=f"bolt://root:{secrets['neo4j']}@{processes.HOST}:{ports['neo4j']}/{name}",
        hypergraph=f"{base}/{name}",
        archive=archive.as_uri(),
    )


def drop(folder: Path, ports: Mapping[str, int], namespace: str) -> None:
    """Remove a namespace's database and graph from servers that go on; ServiceError where Postgres does not.

    What it kept in Redis and the archive has its own prefix, and is not looked for.
    """
    name = database_name(namespace)
    url = f"postgresql://l9:{quote(processes.password(folder, 'postgres'))}@{processes.HOST}:{ports['postgres']}"
    try:
        with psycopg.connect(f"{url}/postgres", autocommit=True, connect_timeout=10) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise ServiceError(f"Postgres did not remove the database {name}: {error}") from error
    arcadedb.drop_graph(folder / "data" / "neo4j", processes.password(folder, "neo4j"), name)


def _make_database(url: str, name: str) -> None:
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if not found:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.errors.DuplicateDatabase:
        return
    except psycopg.Error as error:
        raise ServiceError(f"Postgres did not make the database {name}: {error}") from error
