"""A space of its own for each test: a prefix of names in Redis and the archive, and a schema in Postgres."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from l9stack.agent.backends import BackendUrls
from l9stack.agent.memory import _database as database

_APART = "test_"
RUN = "L9_TEST_RUN"
"""The variable that names a run of tests, as 1f3a: its spaces begin with that, so that what is left can be removed."""


def is_apart(schema: str) -> bool:
    """Whether a schema of Postgres is one that `apart` has made."""
    return schema.startswith(_APART)


@contextlib.asynccontextmanager
async def apart(backends: BackendUrls, namespace: str | None = None) -> AsyncIterator[tuple[BackendUrls, str]]:
    """Backends and a namespace that no other test uses; the decisions in Postgres are gone afterwards.

    A namespace that is given is its giver's affair: backends stay as they are. So they do where Postgres is down, or
    where its user may make no schema. Hyperedges in a server of their own have a schema there.
    """
    if namespace is not None:
        yield backends, namespace
        return
    schema = f"{prefix(os.environ.get(RUN, ''))}{uuid.uuid4().hex[:8]}"
    async with contextlib.AsyncExitStack() as stack:
        within = {"": ""}
        for url in sorted({backends.postgres, backends.hypergraph} - {""}):
            within[url] = await stack.enter_async_context(_within(url, schema))
        own = replace(backends, postgres=within[backends.postgres], hypergraph=within[backends.hypergraph])
        yield own, schema.replace("_", "-")


def prefix(run: str) -> str:
    """How the schemas of a run of tests begin; its namespaces are the same with `-` for `_`."""
    return f"{_APART}{run}_" if run else _APART


@contextlib.asynccontextmanager
async def _within(url: str, schema: str) -> AsyncIterator[str]:
    """The URL by which every table of a Postgres lies in a schema, which is gone afterwards; see `apart`."""
    engine = database.connect(url)
    made = await _done(engine, f"CREATE SCHEMA {schema}")
    try:
        yield f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}" if made else url
    finally:
        if made:
            await _done(engine, f"DROP SCHEMA {schema} CASCADE")
        await engine.dispose()


async def _done(engine: AsyncEngine, statement: str) -> bool:
    try:
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    except SQLAlchemyError:
        return False
    return True
