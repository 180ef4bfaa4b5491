"""A served agent and its stores: where it says it answers, events that nobody acknowledged, what test runs leave."""

import asyncio
import contextlib
import json
import uuid
from dataclasses import replace

import pytest
import structlog
from agent_desk import MEMORY, desk
from sqlalchemy import text

from l9stack.agent import Observation
from l9stack.agent._messaging.events import MAX_DELIVERIES, Observer, publish, stream
from l9stack.agent._security import keys
from l9stack.agent._serving.main import assemble
from l9stack.agent._serving.site import AgentSite, Replica
from l9stack.agent.memory._database import connect
from l9stack.agent.preflight._shared_servers import hindrance, remove_run
from l9stack.agent.testing._serving import serving_definition
from l9stack.agent.testing._spaces import RUN, apart

CLAIM = {"claim_id": "C-1", "amount": 120}
OBSERVING = replace(desk(), observes=(Observation("court", {"claim_filed": "decide"}),))


async def until(asked):
    """Wait until an asynchronous question has a true answer; give it back."""
    async with asyncio.timeout(20):
        while not (answer := await asked()):  # noqa: ASYNC110 - servers tell nobody
            await asyncio.sleep(0.02)
    return answer


async def test_an_agent_says_where_it_answers_and_does_what_it_observes(l9_backends, tmp_path):
    keys.ensure_keys(tmp_path, ["agent:desk", "operator", "anchor:Ada", "anchor:Review Board"])
    async with apart(l9_backends) as (own, space):
        served = assemble(OBSERVING, AgentSite(own, space, tmp_path), replica=Replica(endpoint="http://desk.test"))
        memory, trace = served.runtime.memory, str(uuid.uuid4())
        async with served.application.router.lifespan_context(served.application):
            await publish(memory, "court", "claim_filed", CLAIM, trace)
            found = await until(lambda: memory.redis.hget(f"{space}:agents", "desk"))
            assert found == "http://desk.test"
            await until(lambda: handled(memory, trace))


async def handled(memory, trace):
    with contextlib.suppress(Exception):
        return (await memory.find(trace))["episodic"]


async def test_an_event_whose_reader_died_is_handled_by_another_and_set_aside_where_nobody_can(desk):
    memory, outcomes, log = desk.memory, [], structlog.get_logger()

    async def handler(operation, arguments, trace_id, event_id):
        outcomes.append((operation, trace_id))
        return trace_id == good

    good, bad = str(uuid.uuid4()), str(uuid.uuid4())
    observer = Observer(OBSERVING, memory, handler, log)
    observer._claim_milliseconds = 0
    await observer._make_groups()
    name = stream(memory.namespace, "court")
    for trace in (good, bad):
        await publish(memory, "court", "claim_filed", CLAIM, trace)
    # Somebody reads both, and is never heard of again.
    await memory.redis.xreadgroup("desk", "the one that died", {name: ">"}, count=2)
    for _ in range(MAX_DELIVERIES + 1):
        await observer._claim_stale()
    assert outcomes.count(("decide", good)) == 1
    assert outcomes.count(("decide", bad)) == MAX_DELIVERIES - 1
    ((_, letter),) = await memory.redis.xrange(f"{name}:dead:desk")
    assert (letter["trace_id"], letter["reason"]) == (bad, f"delivered {MAX_DELIVERIES} times")
    assert (await memory.redis.xpending(name, "desk"))["pending"] == 0


async def test_what_a_run_of_tests_left_is_removed_and_nothing_else(l9_backends, monkeypatch):
    run = uuid.uuid4().hex[:6]
    assert await hindrance(l9_backends, run, MEMORY) == ""
    monkeypatch.setenv(RUN, run)
    async with serving_definition(desk(), l9_backends) as left:
        await left.call("decide", CLAIM)
        monkeypatch.delenv(RUN)
        async with serving_definition(desk(), l9_backends) as other:
            kept = await other.call("decide", CLAIM)
            assert await remove_run(l9_backends, run, MEMORY) == []
            space = left.memory.namespace
            assert [key async for key in left.memory.redis.scan_iter(f"{space}:*")] == []
            rows = "MATCH (n) WHERE n.namespace = $space RETURN count(n) AS n"
            assert (await left.memory.connections.cypher(rows, {"space": space}))[0]["n"] == 0
            engine = connect(l9_backends.postgres)
            async with engine.connect() as connection:
                schemas = text("SELECT count(*) FROM pg_namespace WHERE nspname = :name")
                assert await connection.scalar(schemas, {"name": space.replace("-", "_")}) == 0
            await engine.dispose()
            assert (await left.memory._layers["archive"].count(kept.trace_id)) == 0
            assert await other.memory.find(kept.trace_id) == dict.fromkeys(MEMORY.layers(), 1)


@pytest.mark.parametrize(
    "entry", [{"event": "claim_filed"}, {"event": "claim_filed", "payload": "[]", "trace_id": "x"}]
)
async def test_what_is_no_event_is_set_aside(desk, entry):
    memory = desk.memory
    observer = Observer(OBSERVING, memory, lambda *_: pytest.fail("no event"), structlog.get_logger())
    await observer._make_groups()
    name = stream(memory.namespace, "court")
    await memory.redis.xadd(name, entry)
    await observer._read_new()
    ((_, letter),) = await memory.redis.xrange(f"{name}:dead:desk")
    assert letter["reason"].startswith("no event: ") and json.dumps(letter)
