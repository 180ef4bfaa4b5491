"""Postgres: the engine, and the tables of decisions, logs, hyperedges and the audit chain."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CONNECT_SECONDS = 3
_LOCK = 0x6C39_7374  # advisory lock: agents that start together make the tables one after another

_TABLES = (
    """CREATE TABLE IF NOT EXISTS decision_logs (
        decision_id uuid PRIMARY KEY, agent_id text NOT NULL, timestamp timestamptz NOT NULL DEFAULT now(),
        operation text NOT NULL, decision_data jsonb NOT NULL, confidence_score double precision,
        trace_id uuid NOT NULL, governance_status text NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS decision_logs_trace ON decision_logs (trace_id)",
    "CREATE INDEX IF NOT EXISTS decision_logs_agent ON decision_logs (agent_id, timestamp DESC)",
    """CREATE TABLE IF NOT EXISTS decisions (
        decision_id uuid PRIMARY KEY, agent_id text NOT NULL, operation text NOT NULL, arguments jsonb NOT NULL,
        arguments_digest text NOT NULL, policy_version text NOT NULL, reason text NOT NULL, severity text NOT NULL,
        status text NOT NULL, trace_id uuid NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
        decided_at timestamptz, approver text, result jsonb)""",
    # Of later versions: a database that agents have used already gets them too.
    "ALTER TABLE decisions ADD COLUMN IF NOT EXISTS asked_by text NOT NULL DEFAULT ''",
    "ALTER TABLE decisions ADD COLUMN IF NOT EXISTS held jsonb",
    "CREATE INDEX IF NOT EXISTS decisions_open ON decisions (agent_id, status, created_at)",
    "CREATE INDEX IF NOT EXISTS decisions_precedent ON decisions (agent_id, operation, arguments_digest, status)",
    """CREATE TABLE IF NOT EXISTS audit_log (
        agent_id text NOT NULL, position bigint NOT NULL, timestamp timestamptz NOT NULL, trace_id uuid,
        action text NOT NULL, detail jsonb NOT NULL, previous text NOT NULL, entry_hash text NOT NULL,
        PRIMARY KEY (agent_id, position))""",
)
_HYPEREDGES = (
    """CREATE TABLE IF NOT EXISTS hyperedges (
        decision_id uuid PRIMARY KEY, agent_id text NOT NULL, operation text NOT NULL, trace_id uuid NOT NULL,
        timestamp timestamptz NOT NULL DEFAULT now(), factors jsonb NOT NULL, influences jsonb NOT NULL,
        weights jsonb NOT NULL)""",
    "ALTER TABLE hyperedges ADD COLUMN IF NOT EXISTS outcome jsonb NOT NULL DEFAULT '{}'",
    "CREATE INDEX IF NOT EXISTS hyperedges_trace ON hyperedges (trace_id)",
)


def connect(url: str) -> AsyncEngine:
    """An engine for a `postgresql://` URL; nothing is opened until it is used."""
    return create_async_engine(
        re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg://", url),
        pool_size=4,
        max_overflow=4,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )


def indexed_fields(index_by: Iterable[str]) -> list[str]:
    """The declared fields that have an index: those whose names are plain identifiers."""
    return [name for name in index_by if re.fullmatch(r"[a-z_][a-z0-9_]{0,39}", name)]


def index_statements(index_by: Iterable[str]) -> list[str]:
    """An index for each declared field of the request."""
    return [
        f"CREATE INDEX IF NOT EXISTS decision_logs_by_{name} "
        f"ON decision_logs (agent_id, (decision_data->'request'->>'{name}'))"
        for name in indexed_fields(index_by)
    ]


async def prepare(engine: AsyncEngine, statements: Iterable[str] = ()) -> None:
    """Make the tables and indexes that are missing."""
    await _run(engine, (*_TABLES, *statements))


async def prepare_hyperedges(engine: AsyncEngine) -> None:
    """Make the table of hyperedges where it is missing."""
    await _run(engine, _HYPEREDGES)


async def _run(engine: AsyncEngine, statements: Iterable[str]) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        for statement in statements:
            await connection.execute(text(statement))
