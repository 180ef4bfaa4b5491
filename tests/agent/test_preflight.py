"""Generated tests beside servers that agents use: what is counted, told, kept apart and removed."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import obstore
import psycopg
import pytest
import redis
from psycopg import sql

from l9stack.agent.backends import BackendUrls
from l9stack.agent.declarations import MemoryDeclaration
from l9stack.agent.memory._connections import StoreConnections
from l9stack.agent.preflight._summary import FAILED, NOT_RUN, PASSED, Summary

LAYERS = [{"kind": "semantic", "nodes": {}, "edges": {}}, {"kind": "archive", "retention": "forever"}]
LEAVES = """
import os

import obstore
import psycopg
import pytest
import redis

from l9stack.agent.memory._connections import StoreConnections
from l9stack.agent.declarations import MemoryDeclaration
from l9stack.agent.testing._spaces import RUN, apart, prefix


async def keep(backends):
    space = prefix(os.environ[RUN]) + "left"
    name = space.replace("_", "-")
    redis.Redis.from_url(backends.redis).set(f"{name}:key", "1")
    with psycopg.connect(backends.postgres, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {space}")
    connections = StoreConnections(MemoryDeclaration(), backends, name)
    edge = "MERGE (a:agent {namespace: $name})-[:DECIDED]->(:agent_decision {namespace: $name})"
    await connections.cypher(edge, {"name": name})
    await obstore.put_async(connections.archive(), f"{name}/desk/1.json", b"{}")
    await connections.close()


@pytest.mark.asyncio
async def test_that_leaves_things_behind(l9_backends):
    await keep(l9_backends)
    async with apart(l9_backends) as (_, space):
        assert space.startswith(f"test-{os.environ[RUN]}-")
"""


def preflight(folder: Path, backends: BackendUrls, tests: str, layers: object = LAYERS) -> tuple[int, Summary, str]:
    for name, text in (
        ("tests/test_some.py", tests),
        ("manifests/desk.json", json.dumps({"memory": {"layers": layers}})),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "l9stack.agent.preflight", str(folder)],
        env={**os.environ, **backends.environ()},
        capture_output=True,
        text=True,
    )
    summary = Summary.read(done.stdout)
    assert summary is not None, done.stdout + done.stderr
    assert done.returncode == summary.exit_code
    return done.returncode, summary, done.stdout


def everything(backends: BackendUrls) -> dict[str, object]:
    """What is in the servers that tests of this session share, beside what a run of tests leaves."""

    async def rest() -> tuple[object, object]:
        connections = StoreConnections(MemoryDeclaration(), backends, "x")
        query = "MATCH (n) WHERE n.namespace STARTS WITH 'test-' RETURN count(n) AS n"
        found = await connections.cypher(query, {}), obstore.list(connections.archive()).collect()
        await connections.close()
        return found

    with redis.Redis.from_url(backends.redis, decode_responses=True) as client:
        # Not those that go by themselves: others have left them for a while.
        keys = {key for key in client.scan_iter() if client.ttl(key) == -1}
    with psycopg.connect(backends.postgres) as connection:
        schemas = connection.execute("SELECT nspname FROM pg_namespace ORDER BY nspname").fetchall()
    nodes, objects = asyncio.run(rest())
    return {"keys": keys, "schemas": schemas, "nodes": nodes, "objects": sorted(entry["path"] for entry in objects)}


def test_what_tests_leave_is_removed_and_nothing_else(tmp_path: Path, l9_backends: BackendUrls) -> None:
    with redis.Redis.from_url(l9_backends.redis) as client:
        client.set("staging:kept", "1")
    before = everything(l9_backends)
    code, summary, _ = preflight(tmp_path, l9_backends, LEAVES)
    assert (code, summary.passed, summary.failed, summary.left) == (PASSED, 1, 0, [])
    assert everything(l9_backends) == before


def test_failures_are_told_with_their_lines_and_without_a_password(tmp_path: Path, l9_backends: BackendUrls) -> None:
    word = urlsplit(l9_backends.redis).password
    tests = (
        "def test_good(): pass\ndef test_bad(l9_backends):\n    assert l9_backends.redis == 1\nimport missing_module\n"
    )
    code, summary, printed = preflight(tmp_path, l9_backends, tests.replace("import missing_module\n", ""), [])
    assert (code, summary.passed, summary.failed, summary.again) == (FAILED, 1, 1, [])
    assert [(one.node, one.file, one.line) for one in summary.failures] == [
        ("tests/test_some.py::test_bad", "tests/test_some.py", 3)
    ]
    assert word and word not in printed and "***" in printed and "AssertionError" in printed
    code, summary, _ = preflight(tmp_path, l9_backends, tests, [])
    assert code == FAILED and "missing_module" in summary.failures[0].message


def test_a_test_that_passes_only_when_it_runs_again_is_named(tmp_path: Path, l9_backends: BackendUrls) -> None:
    mark = tmp_path / "mark"
    body = "there = mark.exists()\n    mark.touch()\n    assert there"
    tests = f"from pathlib import Path\ndef test_late():\n    mark = Path({str(mark)!r})\n    {body}\n"
    code, summary, _ = preflight(tmp_path, l9_backends, tests, [])
    assert (code, summary.passed, summary.again) == (PASSED, 1, ["tests/test_some.py::test_late"])


def test_without_a_space_of_their_own_they_do_not_run(tmp_path: Path, l9_backends: BackendUrls) -> None:
    parts = urlsplit(l9_backends.postgres)
    with psycopg.connect(l9_backends.postgres, autocommit=True) as connection:
        connection.execute("CREATE ROLE narrow LOGIN PASSWORD 'narrow-word'")
        database = sql.Identifier(parts.path.strip("/"))
        connection.execute(sql.SQL("REVOKE CREATE ON DATABASE {} FROM PUBLIC").format(database))
    url = parts._replace(netloc=f"narrow:narrow-word@{parts.hostname}:{parts.port}").geturl()
    code, summary, _ = preflight(tmp_path, replace(l9_backends, postgres=url), "def test_good(): pass\n", [])
    assert (code, summary.passed) == (NOT_RUN, 0)
    assert "a schema for tests alone cannot be made in Postgres: permission denied" in summary.reason
    missing = replace(l9_backends, neo4j="")
    assert "backends are not named: L9_NEO4J_URL" in preflight(tmp_path, missing, "", [])[1].reason


@pytest.mark.parametrize(
    "printed", ["", "some text", '{"passed": 1}', "[]", '{"passed": 1, "failures": [], "more": 2}']
)
def test_what_is_no_summary_is_none(printed: str) -> None:
    assert Summary.read(printed) is None
