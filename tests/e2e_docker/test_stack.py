"""The example on a real engine: healthy agents, a packet in every store, drift by name, and what a person is told.

The tests build on each other in their order, as a person's day does: each leaves the stack as it found it.
"""

from __future__ import annotations

import json
import re
import time
import urllib.request
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import neo4j
import psycopg
import pytest
from redis import Redis

from tests.e2e.conftest import CLAIM
from tests.e2e.images.commands import FailedError, docker
from tests.e2e_docker.project import OnDocker

AGENTS = ("claim_intake", "coverage_check", "customer_notice", "damage_assessment", "settlement")
SERVICES = ("archive", "neo4j", "postgres", "redis")
SERVING = [f"claims_desk-{name}" for name in sorted((*AGENTS, *SERVICES))]


@pytest.fixture(scope="module")
def up(project: OnDocker) -> OnDocker:
    # What is generated is tested beside its servers elsewhere; here the stack itself is looked at.
    configure(project, "docker:\n", "docker:\n    tests: false\n")
    configure(project, "monitoring:\n", "monitoring:\n    servers: false\n")
    project.up()
    return project


def test_every_agent_and_every_server_is_healthy(up: OnDocker):
    assert up.health() == {up.named(name): "healthy" for name in SERVING}
    told = up.data("health", "--stack", up.stack, "--wait")
    assert {part["name"]: part["health"] for part in (*told["agents"], *told["backends"])} == dict.fromkeys(
        (*AGENTS, *SERVICES), "ok"
    )


def test_what_serves_is_confined_as_the_engine_sees_it(up: OnDocker):
    told = up.inside("claims_desk-claim_intake", "cat /run/l9/agent.env")
    secrets = {*re.findall(r"[0-9a-f]{48}", told)}
    assert len(secrets) == len(SERVICES)
    for name in SERVING:
        found = up.inspect(name)
        host, config = found["HostConfig"], found["Config"]
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["Privileged"], name
        assert host["SecurityOpt"] == ["no-new-privileges:true"] and host["RestartPolicy"]["Name"] == "unless-stopped"
        assert host["Memory"] > 0 and host["MemorySwap"] == host["Memory"]
        assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-file": "3", "max-size": "10m"}}
        assert config["User"].split(":")[0] not in ("", "0", "root")
        addresses = [item["HostIp"] for bound in (host["PortBindings"] or {}).values() for item in bound]
        assert addresses == (["127.0.0.1"] if name.removeprefix("claims_desk-") in AGENTS else []), name
        assert up.inside(name, "touch /own 2>/dev/null || echo refused") == "refused\n"
        assert not any(secret in json.dumps(found) for secret in secrets)


def test_no_container_has_a_volume_without_a_name(up: OnDocker):
    """Nobody would remove it with the stack."""
    named = set(up.found("volume"))
    for container in up.found("container"):
        mounts = json.loads(docker("inspect", "--format", "{{json .Mounts}}", container))
        assert {mount["Name"] for mount in mounts if mount["Type"] == "volume"} <= named, container


def test_a_packet_goes_along_a_wiring_and_is_found_in_every_store_under_one_trace(up: OnDocker):
    # On a busy machine a store may be slow at first: an agent answers all the same, and says which one it did without.
    degraded, deadline = "?", time.monotonic() + 240
    while degraded:
        assert time.monotonic() < deadline, f"still without {degraded}"
        trace = str(uuid.uuid4())
        answer, degraded = sent(up, trace)
        assert answer["payload"]["covered"] is True and answer["metadata"]["trace_id"] == trace
    stores = addresses(up)
    with Redis.from_url(stores["L9_REDIS_URL"], decode_responses=True) as redis:
        assert list(redis.scan_iter(match=f"*{trace}*"))
    tables = {"decision_logs", "hyperedges", "audit_log"}
    with psycopg.connect(stores["L9_POSTGRES_URL"]) as connection:
        for table in tables:
            query = f"SELECT DISTINCT agent_id FROM {table} WHERE trace_id = %s"
            rows = connection.execute(query, (trace,)).fetchall()
            assert set(rows) == {("claim_intake",), ("coverage_check",)}, table
    user, _, secret = stores["L9_NEO4J_URL"].removeprefix("bolt://").partition("@")[0].partition(":")
    address, _, graph = stores["L9_NEO4J_URL"].partition("@")[2].partition("/")
    with neo4j.GraphDatabase.driver(f"bolt://{address}", auth=(user, secret)) as driver:
        query = "MATCH (d:agent_decision {trace_id: $trace}) RETURN d.operation AS operation"
        records, _, _ = driver.execute_query(query, trace=trace, database_=graph)
    assert [record["operation"] for record in records] == ["submit_claim"]
    assert f"/{up.stack}/claims_desk/claim_intake/" in up.inside(
        "claims_desk-archive", f"grep -rl {trace} /data/l9stack"
    )


def test_after_up_plain_preview_shows_no_change(up: OnDocker):
    assert up.previewed() == []


def test_a_removed_container_is_named_and_made_again_with_its_data(up: OnDocker):
    docker("rm", "--force", up.named("claims_desk-postgres"))
    assert up.previewed() == ["create claims_desk-postgres"]
    up.up()
    assert up.previewed() == []
    history = up.data("call", "claim_intake.claim_history", "--data", '{"claim_id": "C-1001"}', "--stack", up.stack)
    assert history["body"]["count"] >= 1


def test_a_stopped_agent_is_named_and_started_again_alone(up: OnDocker):
    before = {name: up.inspect(name)["State"]["StartedAt"] for name in SERVING}
    docker("stop", up.named("claims_desk-coverage_check"))
    # The provider reads no ports where nothing runs: what is published is made anew, a backend is started again.
    assert up.previewed() == ["replace claims_desk-coverage_check"]
    up.up()
    started = {name for name in SERVING if up.inspect(name)["State"]["StartedAt"] != before[name]}
    assert started == {"claims_desk-coverage_check"}
    assert up.previewed() == []


def test_an_agent_that_crashes_is_started_again_by_its_engine_and_is_no_change(up: OnDocker):
    name = "claims_desk-coverage_check"
    before = up.inspect(name)["State"]["StartedAt"]
    # As its own user, which ends this shell as well; the engine counts `docker kill` as somebody's wish.
    with suppress(FailedError):
        up.inside(name, "for p in /proc/[0-9]*; do grep -qa agent[.]serve $p/cmdline && kill -9 ${p#/proc/}; done")
    deadline = time.monotonic() + 120
    while up.inspect(name)["State"]["StartedAt"] == before or up.health().get(up.named(name)) != "healthy":
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert up.previewed() == []


def test_cleaning_away_what_has_ended_starts_nothing_that_serves_again(up: OnDocker):
    ended = docker("ps", "-aq", "--filter", "status=exited", "--filter", f"label=l9stack.stack={up.stack}").split()
    docker("rm", *ended)
    changed = up.previewed()
    assert sorted(changed) == sorted([*(f"create {name}-files" for name in SERVING), "create claims_desk-trust"])
    before = {name: up.inspect(name)["Id"] for name in SERVING}
    up.up()
    assert {name: up.inspect(name)["Id"] for name in SERVING} == before
    assert up.previewed() == []


def test_a_changed_image_is_named(up: OnDocker):
    image = up.inspect("claims_desk-redis")["Config"]["Image"]
    named = next(line for line in stack_file(up).read_text().splitlines() if line.strip().startswith("redis:")).split()[
        1
    ]
    other = f"{named.rpartition(':')[0]}:{up.stack}"
    made = docker("create", named)
    docker("commit", "--change", "LABEL l9stack.test.other=1", made.strip(), other)
    docker("rm", "--volumes", made.strip())
    configure(up, f"redis: {named}", f"redis: {other}")
    try:
        assert "replace claims_desk-redis" in up.previewed()
        assert not {f"replace claims_desk-{name}" for name in (*AGENTS, "postgres")} & {*up.previewed()}
    finally:
        configure(up, f"redis: {other}", f"redis: {named}")
        docker("rmi", other)
    assert up.previewed() == [] and up.inspect("claims_desk-redis")["Config"]["Image"] == image


def test_an_edited_config_is_named_and_written_again(up: OnDocker):
    config = up.root / "deployments" / up.stack / "claims_desk_config.yaml"
    text = config.read_text()
    config.write_text(text + "# by hand\n")
    assert up.previewed() == ["update claims_desk-config"]
    up.up()
    assert config.read_text() == text and up.previewed() == []


def test_more_memory_is_given_without_a_restart(up: OnDocker):
    before = {name: up.inspect(f"claims_desk-{name}")["State"]["StartedAt"] for name in AGENTS}
    configure(up, "docker:\n", "docker:\n    agent_memory_mb: 320\n")
    assert up.previewed() == [f"update claims_desk-{name}" for name in AGENTS]
    up.up()
    assert {name: up.inspect(f"claims_desk-{name}")["State"]["StartedAt"] for name in AGENTS} == before
    assert up.inspect("claims_desk-settlement")["HostConfig"]["Memory"] == 320 << 20
    assert up.previewed() == []


def test_a_second_project_with_a_stack_of_this_name_is_refused(up: OnDocker):
    state = up.root / ".l9" / "pulumi"
    aside = state.rename(state.with_name("pulumi-aside"))
    try:
        said = up.run("up", "--stack", up.stack, expect=None)
        assert (
            said.returncode
            and f"has a stack {up.stack} of claims_desk that is not in this project's state" in said.stderr
        )
        assert "container claims_desk-" in said.stderr and f"label=l9stack.stack={up.stack}" in said.stderr
        up.run("down", "--stack", up.stack, "--purge", "--yes")
    finally:
        state.rename(state.with_name("pulumi-refused"))
        aside.rename(state)
    assert up.health() == {up.named(name): "healthy" for name in SERVING}


def stack_file(up: OnDocker) -> Path:
    return up.root / f"Pulumi.{up.stack}.yaml"


def configure(up: OnDocker, old: str, new: str) -> None:
    text = stack_file(up).read_text()
    assert old in text
    stack_file(up).write_text(text.replace(old, new, 1))


def sent(up: OnDocker, trace: str) -> tuple[dict[str, Any], str]:
    """The answer to a claim, and the stores that were not reached meanwhile."""
    status = up.data("status", "--stack", up.stack)
    endpoint = next(agent["endpoint"] for agent in status["agents"] if agent["name"] == "claim_intake")
    token = up.run("token", "claim_intake").stdout.strip()
    packet = {
        "packet_id": str(uuid.uuid4()),
        "source_agent": "operator",
        "destination_agent": "claim_intake",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "payload": {"operation": "submit_claim", "arguments": CLAIM},
        "metadata": {"trace_id": trace, "priority": "normal", "governance_flags": []},
        "packet_type": "query",
    }
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    request = urllib.request.Request(f"{endpoint}/packets", data=json.dumps(packet).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply), reply.headers.get("x-l9-degraded", "")


def addresses(up: OnDocker) -> dict[str, str]:
    """What agents are told of the stores, with the addresses by which the engine's own host reaches them."""
    text = up.inside("claims_desk-claim_intake", "cat /run/l9/agent.env")
    told = dict(line.split("=", 1) for line in text.splitlines())
    for service in SERVICES:
        (network,) = up.inspect(f"claims_desk-{service}")["NetworkSettings"]["Networks"].values()
        told = {name: value.replace(f"@{service}:", f"@{network['IPAddress']}:") for name, value in told.items()}
    return {name: value.strip("'") for name, value in told.items()}
