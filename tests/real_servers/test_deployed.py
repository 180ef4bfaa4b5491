"""A stack whose backends are all somebody else's, over TLS: real agents, one packet in every real store, drift by name.

The tests build on each other in their order.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator

import neo4j
import psycopg
import pytest
import yaml
from redis import Redis

from l9stack.engine import find
from tests.e2e.conftest import REPOSITORY, Deployed, left_behind
from tests.real_servers.servers import ACCESS_KEY, REGION, RealServers

pytestmark = pytest.mark.e2e
SCHEMA = """
system: Echo
module: examples
name: Echo
role: Answers with what it is told.
rootpath: L9/agents/echo
governance: {anchors: [Ada]}
memorytopology:
  workingmemory: {storagetype: redis, keyspace: "echo:working"}
  episodicmemory: {storagetype: postgres}
  semanticmemory: {storagetype: neo4j}
  causalmemory: {storagetype: hypergraphdb}
  longtermpersistence: {storagetype: s3_durable_archive, retention: 90 days}
cursorinstructions: {generatefiles: [controller.py]}
deployment: {endpoints: [POST /echo/say]}
"""
ANSWERS = """
operations:
  echo.say:
    summary: Say it again.
    request: {text: {type: string, min_length: 1, max_length: 40, example: hello}}
    response: {text: {type: string, min_length: 1, max_length: 40, example: hello}}
    behaviour: echo
"""
BUCKET = f"claims-{secrets.token_hex(4)}"


def settings(real: RealServers) -> dict[str, object]:
    """What a person writes into the stack's file, and is no secret."""
    names = ("redis", "postgres", "neo4j", "archive")
    return {
        "l9stack:collection": "desk",
        "l9stack:runtime": "local",
        "l9stack:backends": {"archive": f"s3://{BUCKET}/kept"},
        "l9stack:certificates": dict.fromkeys(names, "certificates/own.pem"),
        "l9stack:archive": {
            "endpoint": real.endpoint(tls=True),
            "region": REGION,
            "access_key": ACCESS_KEY,
            "without": ["encryption", "public_access", "lifecycle"],
        },
    }


def set_secrets(stack: Deployed, real: RealServers) -> None:
    """What a person sets as secrets."""
    urls = real.encrypted
    secret = {f"backends.{name}": getattr(urls, name) for name in ("redis", "postgres", "neo4j")}
    for key, value in (secret | {"archive.secret_key": real.passwords["archive"]}).items():
        stack.pulumi("config", "set", "--stack", "dev", "--secret", "--path", f"l9stack:{key}", value)


@pytest.fixture(scope="module")
def stack(real: RealServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    if find() is None:
        pytest.skip("the Pulumi engine is not here: `l9 engine` obtains it")
    root = tmp_path_factory.mktemp("project")
    for name in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(REPOSITORY / name, root / name)
    (root / "desk").mkdir()
    (root / "desk/agents.yaml").write_text(SCHEMA)
    (root / "desk/answers.yaml").write_text(ANSWERS)
    (root / "certificates").mkdir()
    shutil.copy(real.authority.certificate, root / "certificates/own.pem")
    (root / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": settings(real)}))
    deployed = Deployed(root, seconds=600)
    try:
        set_secrets(deployed, real)
        deployed.run("up")
        yield deployed
    finally:
        deployed.run("down", "--all-stacks", "--purge", "--yes")
    assert not left_behind(root)


def test_agents_run_on_other_peoples_servers_and_no_own_one_is_started(stack: Deployed) -> None:
    assert {agent["health"] for agent in stack.data("status")["agents"]} == {"ok"}
    assert not list((stack.root / ".l9/run").glob("*.password"))


def test_a_packet_is_found_in_every_store(stack: Deployed, real: RealServers) -> None:
    answer = stack.data("call", "echo.say", "--data", '{"text": "hello"}')
    trace = answer["trace_id"]
    urls = real.plain
    with Redis.from_url(urls.redis) as redis:
        assert list(redis.scan_iter(f"dev:*:{trace}:*"))
    with psycopg.connect(urls.postgres) as connection:
        for table in ("decision_logs", "hyperedges"):
            query = f"SELECT DISTINCT agent_id FROM {table} WHERE trace_id = %s"
            assert ("echo",) in connection.execute(query, [trace]).fetchall()
    with neo4j.GraphDatabase.driver(urls.neo4j.rpartition("/")[0].replace(f"neo4j:{real.passwords['neo4j']}@", ""),
                                    auth=("neo4j", real.passwords["neo4j"])) as driver:  # fmt: skip
        found = driver.execute_query("MATCH (d:agent_decision {trace_id: $trace}) RETURN count(d) AS n", trace=trace)
        assert found.records[0]["n"] > 0
    keys = [entry["Key"] for entry in real.s3().list_objects_v2(Bucket=BUCKET, Prefix="kept/dev/desk/")["Contents"]]
    assert any(key.startswith("kept/dev/desk/echo/") for key in keys)
    bodies = [json.loads(real.s3().get_object(Bucket=BUCKET, Key=key)["Body"].read()) for key in keys]
    assert trace in {body.get("trace_id") for body in bodies}


def test_the_state_and_what_is_printed_hold_no_secret(stack: Deployed, real: RealServers) -> None:
    shown = {
        **{name: json.dumps(resource) for name, resource in stack.state().items()},
        "outputs": stack.pulumi("stack", "output", "--json"),
        "status": stack.run("status").stdout,
        "manifest": (stack.root / "deployments/dev/deployment_manifest.json").read_text(),
    }
    words = real.passwords.values()
    assert {name: text for name, text in shown.items() if any(word in text for word in words)} == {}


def test_a_preview_is_still_and_names_what_was_switched_off_by_hand(stack: Deployed, real: RealServers) -> None:
    assert stack.previewed() == []
    real.s3().put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    shown = stack.pulumi("preview", "--diff")
    assert '~ versioning : "suspended" => "enabled"' in shown and "~ 1 to update" in shown
    stack.run("up")
    assert real.s3().get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"


def test_a_bad_certificate_is_told_before_anything_changes(stack: Deployed, real: RealServers) -> None:
    file = stack.root / "Pulumi.dev.yaml"
    good = yaml.safe_load(file.read_text())
    wrong = {**good["config"], "l9stack:certificates": {"postgres": "certificates/own.pem"}}
    file.write_text(yaml.safe_dump(good | {"config": wrong}))
    done = stack.run("up", expect=None)
    file.write_text(yaml.safe_dump(good))
    assert done.returncode != 0
    told = done.stdout + done.stderr
    assert "redis: no log-in at localhost" in told and "its certificate is not valid" in told
    assert not [word for word in real.passwords.values() if word in told]


def test_what_is_in_the_bucket_outlives_the_stack(stack: Deployed, real: RealServers) -> None:
    stack.pulumi("destroy", "--yes", "--skip-preview")
    assert real.s3().list_objects_v2(Bucket=BUCKET)["KeyCount"] > 0
