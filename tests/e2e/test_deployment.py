"""The example, deployed by README's commands in a clone whose path has an umlaut, behind a proxy that leads nowhere.

Healthy agents, one packet through every store, a decision by an anchor, drift by name.

The tests build on each other in their order, as a person's day does: each leaves the stack as it found it.
"""

import json
import os
import re
import signal
import time
import urllib.request
import uuid
from collections.abc import Iterator

import neo4j
import psycopg
import pytest
from redis import Redis

from l9stack.engine import find
from l9stack.model.deployment import deployment_schema
from tests.e2e.conftest import CLAIM, REPOSITORY, Deployed, left_behind
from tests.e2e.readme import BEGIN, STEPS, Clone, commands
from tests.reading.json_schema import valid

pytestmark = pytest.mark.e2e
CALLS = 2
"""Of the first claim: the one that `up` prints, and one packet."""
AGENTS = ["claim_intake", "coverage_check", "customer_notice", "damage_assessment", "settlement"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    if find() is None:
        pytest.skip("the Pulumi engine is not here: `l9 engine` obtains it")
    folder = tmp_path_factory.mktemp("readme")
    made = Clone.make(folder / "a b ü", folder / "somewhere else")
    yield made
    made.says("l9 down --all-stacks --purge --yes && make down", "")
    assert not left_behind(made.root)


@pytest.fixture(scope="module")
def up(clone: Clone) -> Deployed:
    """The stack; what is printed as a next step works as printed."""
    printed = clone.says("make up", "31 created")
    call, *rest = [line.strip() for line in printed.partition("\nnext:\n")[2].splitlines()]
    assert call.startswith("l9 call claim_intake.submit_claim --data ")
    assert rest == ["l9 status", "l9 preview", "l9 down"]
    clone.says(call, '"covered": true')
    clone.says("l9 status", "ok")
    clone.says("make preview", "nothing would change")
    assert clone.changed() <= {".l9", ".venv", "deployments", "extractions"}
    return Deployed(clone.root, environ=clone.environ, command=clone.root / ".venv/bin/l9")


def test_every_agent_is_healthy_and_the_manifest_says_where(up: Deployed):
    status = up.data("status")
    assert status["stack"] == "dev"
    assert {agent["name"]: agent["health"] for agent in status["agents"]} == dict.fromkeys(AGENTS, "ok")
    assert {backend["health"] for backend in status["backends"]} == {"ok"}
    manifest = json.loads((up.root / "deployments/dev/deployment_manifest.json").read_text())
    assert manifest["deployment_ready"] is True
    assert {name: agent["endpoint"] for name, agent in manifest["agents"].items()} == {
        agent["name"]: agent["endpoint"] for agent in status["agents"]
    }
    assert valid(manifest, deployment_schema())
    assert up.data("manifest") == manifest
    readiness = (up.root / "deployments/dev/deployment_readiness.md").read_text()
    assert "- [x] Code deployed: 5 of 5 agents say that they run the digest that was deployed" in readiness
    assert re.search(r"- \[x\] All tests passing: [1-9]\d+ passed, 0 failed", readiness)
    assert "- [x] All services online: 5 of 5 agents healthy and ready" in readiness
    for agent in status["agents"]:
        assert agent["endpoint"].startswith("http://127.0.0.1:")
        for page in ("health", "ready", "metrics"):
            with urllib.request.urlopen(f"{agent['endpoint']}/{page}", timeout=10) as reply:
                assert reply.status == 200


def test_state_holds_digests_and_no_text_and_no_secret(up: Deployed):
    secrets = [path.read_text() for path in (up.root / ".l9/run").glob("*.password")]
    assert secrets
    for name, resource in up.state().items():
        text = json.dumps([resource.get("inputs"), resource.get("outputs")])
        assert len(text) < 6000, name
        assert not any(secret in text for secret in secrets), name


def test_a_packet_goes_along_a_wiring_and_is_found_everywhere_under_one_trace(up: Deployed):
    status = up.data("status")
    endpoint = next(agent["endpoint"] for agent in status["agents"] if agent["name"] == "claim_intake")
    token = up.run("token", "claim_intake").stdout.strip()
    trace = str(uuid.uuid4())
    packet = {
        "packet_id": str(uuid.uuid4()),
        "source_agent": "operator",
        "destination_agent": "claim_intake",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "payload": {"operation": "submit_claim", "arguments": CLAIM},
        "metadata": {"trace_id": trace, "priority": "normal", "governance_flags": []},
        "packet_type": "query",
    }
    request = urllib.request.Request(
        f"{endpoint}/packets",
        data=json.dumps(packet).encode(),
        headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as reply:
        assert reply.status == 200
        answer = json.load(reply)
    assert answer["payload"]["covered"] is True
    assert answer["metadata"]["trace_id"] == trace
    for agent in ("claim_intake", "coverage_check"):
        lines = [json.loads(line) for line in up.run("logs", agent, "--lines", "200").stdout.splitlines()]
        assert any(line.get("trace_id") == trace and line["event"] == "call" for line in lines), agent
    stores = up.backends()
    with Redis.from_url(stores.redis, decode_responses=True) as redis:
        assert list(redis.scan_iter(match=f"*{trace}*"))
    with psycopg.connect(stores.postgres) as connection:
        logged = connection.execute("SELECT agent_id FROM decision_logs WHERE trace_id = %s", (trace,)).fetchall()
        edges = connection.execute("SELECT agent_id FROM hyperedges WHERE trace_id = %s", (trace,)).fetchall()
        audit = connection.execute("SELECT DISTINCT agent_id FROM audit_log WHERE trace_id = %s", (trace,)).fetchall()
    both = {("claim_intake",), ("coverage_check",)}
    assert set(logged) == set(edges) == set(audit) == both
    user, _, secret = stores.neo4j.removeprefix("bolt://").partition("@")[0].partition(":")
    address, _, graph = stores.neo4j.partition("@")[2].partition("/")
    with neo4j.GraphDatabase.driver(f"bolt://{address}", auth=(user, secret)) as driver:
        query = "MATCH (d:agent_decision {trace_id: $trace}) RETURN d.operation AS operation"
        records, _, _ = driver.execute_query(query, trace=trace, database_=graph)
    assert [record["operation"] for record in records] == ["submit_claim"]
    archive = up.root / ".l9/run/data/archive/dev/claims_desk/claim_intake"
    assert [path for path in archive.rglob("*.json") if json.loads(path.read_text())["trace_id"] == trace]


def test_an_unbound_operation_waits_and_an_anchor_decides_it(up: Deployed):
    asked = json.dumps({"claim_id": "C-1001", "requested": 60, "story": "The parcel was a birthday present."})
    waiting = up.data("call", "settlement.grant_goodwill", "--data", asked)
    assert waiting["status"] == 202
    decision = waiting["body"]["decision_id"]
    assert decision in up.run("decisions", "settlement").stdout
    answer = json.dumps({"granted": True, "amount": 60, "explanation": "a good customer"})
    stranger = up.data("decide", "settlement", decision, "--as", "Somebody", "--data", answer, expect=1)
    assert stranger
    wrong = up.data("decide", "settlement", decision, "--as", "Finance", "--data", '{"granted": "perhaps"}', expect=1)
    assert wrong["status"] == 400
    decided = up.data("decide", "settlement", decision, "--as", "Finance", "--data", answer)
    assert decided["body"]["result"] == json.loads(answer)
    again = up.data("decide", "settlement", decision, "--as", "Finance", "--data", answer, expect=1)
    assert again["status"] == 409
    chain = up.run("audit", "settlement").stdout
    assert "entries follow one from the other" in chain


def test_an_event_reaches_its_observer(up: Deployed):
    settled = {"claim_id": "C-2002", "declared_value": 480, "age_months": 12, "excess": 25}
    assert up.data("call", "settlement.settle_claim", "--data", json.dumps(settled))["status"] == 200
    deadline = time.monotonic() + 15
    found = []
    while not found and time.monotonic() < deadline:
        history = up.data("call", "customer_notice.notice_history", "--data", '{"claim_id": "C-2002"}')
        found = history["body"]["decisions"]
        time.sleep(0.2)
    assert found[0]["response"] == {"claim_id": "C-2002", "notice": "payment", "channel": "email"}


def test_the_steps_are_those_of_the_page():
    assert [*BEGIN, *(step[0] for step in STEPS)] == commands((REPOSITORY / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "step",
    [pytest.param(step, id=step[0]) for step in STEPS],
)
def test_a_command_of_the_page_does_what_it_says(up: Deployed, clone: Clone, step: tuple[str, str, str]):
    clone.says(step[1], step[2])


def test_commands_changed_nothing_that_is_the_authors(up: Deployed, clone: Clone):
    made = {".l9", ".venv", "deployments", "extractions", "Pulumi.dev-echo.yaml", "shop"}
    assert clone.changed() <= made
    clone.says("l9 down --stack dev-echo --yes", "")


def test_after_up_plain_preview_shows_no_change(up: Deployed):
    assert up.previewed("--stack", "dev") == []


def test_an_edited_file_is_named_kept_as_a_patch_and_set_right(up: Deployed):
    file = up.view / "code/L9/agents/settlement/payments.py"
    before = file.read_bytes()
    file.write_bytes(before + b"# by hand\n")
    assert up.previewed("--stack", "dev") == ["update claims_desk-settlement-code"]
    said = up.run("preview", "--exit-code", expect=3)
    assert "settlement/payments.py" in said.stdout + said.stderr
    done = up.run("up")
    patch = next(word for word in done.stderr.split() if word.endswith(".patch"))
    assert "+# by hand" in (up.root / patch).read_text()
    assert file.read_bytes() == before
    assert up.previewed("--stack", "dev") == []


def test_a_killed_agent_is_named_and_started_again_alone(up: Deployed):
    before = up.pids()
    os.kill(before["coverage_check"], signal.SIGKILL)
    assert up.previewed("--stack", "dev") == ["update claims_desk-coverage_check"]
    told = up.data("health", expect=6)
    assert told["missing"] == ["coverage_check"]
    (killed,) = [agent for agent in told["agents"] if agent["name"] == "coverage_check"]
    assert killed["health"] == "stopped: ended by signal SIGKILL"
    up.run("up")
    assert up.data("health", "--wait")["healthy"] is True
    after = up.pids()
    assert {name for name in AGENTS if before[name] != after[name]} == {"coverage_check"}


def test_an_edited_readiness_is_named_and_written_again(up: Deployed):
    page = up.root / "deployments/dev/deployment_readiness.md"
    page.write_text(page.read_text().replace("[ ]", "[x]"))
    assert up.previewed("--stack", "dev") == ["update claims_desk-manifest"]
    up.run("up")
    assert "- [ ] Governance anchors notified: not measured" in page.read_text()


def test_a_deleted_config_is_named_and_written_again(up: Deployed):
    config = up.root / "deployments/dev/claims_desk_config.yaml"
    text = config.read_text()
    config.unlink()
    assert up.previewed("--stack", "dev") == ["update claims_desk-config"]
    up.run("up")
    assert config.read_text() == text


def test_lost_keys_are_named_and_made_again_and_a_damaged_list_is_told(up: Deployed):
    """Agents whose keys are listed anew ask each other as before; a list that is damaged is not written over."""
    trusted = up.root / ".l9/keys/trusted.json"
    trusted.write_text("{")
    assert "trusted.json is damaged" in up.run("up", expect=5).stderr
    assert trusted.read_text() == "{"
    trusted.unlink()
    next(up.root.glob(".l9/keys/operator-*.key")).unlink()
    assert up.previewed("--stack", "dev") == ["update claims_desk-baseline"]
    up.run("up")
    claim = json.dumps({**CLAIM, "claim_id": "C-1002"})
    assert up.data("call", "claim_intake.submit_claim", "--data", claim)["status"] == 200


def test_a_stopped_server_is_named_and_started_again_with_its_data(up: Deployed):
    server = next(service for service in up.runtime.status().services if service.name == "postgres")
    os.kill(server.pid, signal.SIGINT)
    deadline = time.monotonic() + 20
    while any(s.name == "postgres" and s.state == "running" for s in up.runtime.status().services):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert up.previewed("--stack", "dev") == ["update claims_desk-postgres"]
    up.run("up")
    history = up.data("call", "claim_intake.claim_history", "--data", '{"claim_id": "C-1001"}')
    assert history["body"]["count"] == CALLS
    assert up.previewed("--stack", "dev") == []


def test_editing_one_schema_changes_exactly_that_agent(up: Deployed):
    schema = up.root / "input_schemas/claims_desk/agents.yaml"
    text = schema.read_text()
    role = "Says whether a parcel was covered against damage, and up to which amount."
    assert role in text
    schema.write_text(text.replace(role, f"{role} In euros."))
    changed = up.previewed("--stack", "dev")
    agents = {name.split("-", 1)[1] for name in changed}
    assert {"coverage_check-code", "coverage_check", "gate"} <= agents
    assert not {name for name in agents if name.split("-")[0] in set(AGENTS) - {"coverage_check"}}
    before = up.pids()
    up.run("up")
    after = up.pids()
    assert {name for name in AGENTS if before[name] != after[name]} == {"coverage_check"}
    schema.write_text(text)
    up.run("up")
    assert up.previewed("--stack", "dev") == []


def test_an_agent_taken_from_the_collection_is_named_and_removed(up: Deployed):
    schema = up.root / "input_schemas/claims_desk/customer_notice.yaml"
    glue = up.root / "input_schemas/claims_desk/glue.yaml"
    text, before = schema.read_text(), up.pids()
    assert "customer_notice" not in glue.read_text()
    schema.unlink()
    deleted = [name for name in up.previewed("--stack", "dev") if name.startswith("delete ")]
    assert deleted == [f"delete claims_desk-customer_notice{part}" for part in ("", "-code", "-health")]
    up.run("up")
    after = up.pids()
    assert "customer_notice" not in after
    assert {name: after[name] for name in after} == {name: before[name] for name in after}
    schema.write_text(text)
    up.run("up")
    assert set(up.pids()) == set(AGENTS)


def test_the_published_extraction_verifies_and_a_flipped_byte_does_not(up: Deployed):
    view = str(up.view)
    up.run("verify", view)
    file = up.view / "docs/settlement/README.md"
    good = file.read_bytes()
    file.write_bytes(good.replace(b"e", b"E", 1))
    assert "settlement/README.md" in up.run("verify", view, expect=1).stderr
    file.write_bytes(good)


def test_down_leaves_no_process_and_up_finds_the_data_again(up: Deployed):
    up.run("down")
    assert left_behind(up.root) == []
    up.run("up")
    history = up.data("call", "claim_intake.claim_history", "--data", '{"claim_id": "C-1001"}')
    assert history["body"]["count"] == CALLS
