"""A space of its own for each test: a prefix of names in Redis and the archive, and a schema in Postgres."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from l9stack.agent import database
from l9stack.agent.backends import BackendUrls

_APART = "test_"


def is_apart(schema: str) -> bool:
    """Whether a schema of Postgres is one that `apart` has made."""
    return schema.startswith(_APART)


@contextlib.asynccontextmanager
async def apart(backends: BackendUrls, namespace: str | None = None) -> AsyncIterator[tuple[BackendUrls, str]]:
    """Backends and a namespace that no other test uses; the decisions in Postgres are gone afterwards.

    A namespace that is given is its giver's affair: backends stay as they are. So they do where Postgres is down, or
    where its user may make no schema.
    """
    if namespace is not None:
        yield backends, namespace
        return
    schema = f"{_APART}{uuid.uuid4().hex[:8]}"
    engine = database.connect(backends.postgres)
    made = await _done(engine, f"CREATE SCHEMA {schema}")
    try:
        yield _within(backends, schema) if made else backends, schema.replace("_", "-")
    finally:
        if made:
            await _done(engine, f"DROP SCHEMA {schema} CASCADE")
        await engine.dispose()


def _within(backends: BackendUrls, schema: str) -> BackendUrls:
    """The backends with every table of Postgres in a schema."""
    joint = "&" if "?" in backends.postgres else "?"
    postgres = f"{backends.postgres}{joint}options=-csearch_path%3D{schema}"
    same = backends.hypergraph == backends.postgres
    return replace(backends, postgres=postgres, hypergraph=postgres if same else backends.hypergraph)


async def _done(engine: AsyncEngine, statement: str) -> bool:
    try:
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    except SQLAlchemyError:
        return False
    return True
