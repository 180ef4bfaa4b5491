"""One call through the whole pipeline, against real Redis, Postgres, graph and archive."""

import asyncio
import contextlib
import uuid
from dataclasses import replace

from agent_desk import MEMORY, desk

from l9stack.agent import Limits, OperationContext, Payload, operation
from l9stack.agent._messaging.events import Observer, stream
from l9stack.agent.governance import _audit as audit
from l9stack.agent.testing._faults import failing_store
from l9stack.agent.testing._serving import StandIn, serving_definition

CLAIM = {"claim_id": "C-1", "amount": 120}


async def test_a_decision_is_found_in_every_layer_under_one_trace(desk):
    trace = str(uuid.uuid4())
    reply = await desk.call("decide", CLAIM, trace)
    assert (reply.status, reply.body) == (200, {"verdict": "pay", "confidence": 0.9})
    assert reply.trace_id == trace
    assert "x-l9-degraded" not in reply.headers
    assert await desk.memory.find(trace) == {"working": 1, "episodic": 1, "semantic": 1, "causal": 1, "archive": 1}
    assert await desk.memory.find(str(uuid.uuid4())) == dict.fromkeys(MEMORY.layers(), 0)


async def test_requests_are_checked_and_nothing_is_recorded_for_bad_ones(desk):
    trace = str(uuid.uuid4())
    for bad in (
        {},
        {**CLAIM, "amount": -1},
        {**CLAIM, "amount": "much"},
        {**CLAIM, "extra": 1},
        {**CLAIM, "claim_id": ""},
    ):
        reply = await desk.call("decide", bad, trace)
        assert reply.status == 400, bad
        assert reply.body["code"] == "invalid-request"
    assert await desk.memory.find(trace) == dict.fromkeys(MEMORY.layers(), 0)


async def test_a_rule_that_fires_escalates_and_tells_every_anchor(desk):
    reply = await desk.call("decide", {**CLAIM, "amount": 5000})
    assert reply.status == 200
    assert reply.headers["x-l9-governance"] == "ESCALATED"
    for anchor in ("Ada", "Review Board"):
        told = await desk.memory.redis.xrange(f"{desk.memory.namespace}:anchors:{anchor}")
        assert told[-1][1]["reason"] == "unsure_and_critical"
        assert told[-1][1]["trace_id"] == reply.trace_id


async def test_an_unbound_operation_waits_and_takes_an_anchors_answer(desk):
    waiting = await desk.call("exception", CLAIM)
    assert waiting.status == 202
    assert waiting.body["anchors"] == ["Ada", "Review Board"]
    bad = await desk.decide(waiting.decision_id, "approve", {"verdict": "pay"})
    assert (bad.status, bad.body["code"]) == (400, "invalid-answer")
    needed = await desk.decide(waiting.decision_id, "approve")
    assert (needed.status, needed.body["code"]) == (400, "answer-needed")
    done = await desk.decide(waiting.decision_id, "approve", {"verdict": "pay", "confidence": 1})
    assert (done.status, done.body["status"]) == (200, "APPROVED")
    again = await desk.decide(waiting.decision_id, "block")
    assert (again.status, again.body["code"]) == (409, "already-decided")
    reused = await desk.call("exception", CLAIM)
    assert (reused.status, reused.body) == (200, {"verdict": "pay", "confidence": 1.0})
    assert (await desk.call("exception", {**CLAIM, "amount": 121})).status == 202


async def test_only_an_anchor_decides_about_exactly_these_arguments(desk):
    waiting = await desk.call("exception", {**CLAIM, "amount": 77})
    path = f"/decisions/{waiting.decision_id}"
    digest = (await desk.get(path, "operator")).json()["arguments_digest"]
    body = {"verdict": "approve", "payload": {"verdict": "pay", "confidence": 1}, "arguments_digest": digest}
    for principal in ("operator", "agent:desk", "anchor:Somebody"):
        assert (await desk.post(path, body, principal)).status_code == 403
    swapped = await desk.post(path, {**body, "arguments_digest": "0" * 64}, "anchor:Ada")
    assert (swapped.status_code, swapped.json()["code"]) == (409, "other-arguments")
    token = desk.token("anchor:Ada")
    other = await desk.call("exception", {**CLAIM, "amount": 78})
    other_digest = (await desk.get(f"/decisions/{other.decision_id}", "operator")).json()["arguments_digest"]
    headers = {"authorization": f"Bearer {token}"}
    assert (await desk._client.post(path, json=body, headers=headers)).status_code == 200
    replayed = await desk._client.post(
        f"/decisions/{other.decision_id}", json={**body, "arguments_digest": other_digest}, headers=headers
    )
    assert (replayed.status_code, replayed.json()["code"]) == (401, "token-used")


async def test_a_peers_answer_is_used_and_its_failures_are_escalated(l9_backends):
    good = StandIn({"opinion": {"verdict": "review", "confidence": 0.7}})
    async with serving_definition(desk(), l9_backends, {"colleague": good}) as agent:
        reply = await agent.call("consult", CLAIM)
        assert (reply.status, reply.body["verdict"]) == (200, "review")
        assert good.requests == [{"operation": "opinion", "arguments": {"claim_id": "C-1"}}]
    for peer, status in (
        (StandIn.down(), 504),
        (StandIn.malformed(), 502),
        (StandIn({"opinion": {"verdict": 1}}), 502),
        (StandIn({}), 502),
    ):
        async with serving_definition(desk(), l9_backends, {"colleague": peer}) as agent:
            reply = await agent.call("consult", CLAIM)
            assert reply.status == status
            decision = (await agent.get(f"/decisions/{reply.body['decision_id']}", "operator")).json()
            assert decision["severity"] == "critical"


async def test_slow_and_broken_operations_are_answered_and_escalated(desk):
    late = await desk.call("slow", {})
    assert (late.status, late.body["code"]) == (504, "operation-failed")
    failed = await desk.call("broken", {})
    assert failed.status == 500
    assert "no such luck" not in failed.body["detail"]
    assert failed.body["decision_id"]


async def test_packets_are_processed_once_and_checked(desk):
    packet_id = str(uuid.uuid4())
    first = await desk.packet({"packet_type": "claim_filed", "arguments": CLAIM}, packet_id=packet_id)
    assert (first.status, first.body["verdict"]) == (200, "pay")
    second = await desk.packet(
        {"packet_type": "claim_filed", "arguments": {**CLAIM, "amount": 900}}, packet_id=packet_id
    )
    assert (second.status, second.body["verdict"]) == (200, "pay")
    assert (await desk.memory.find(first.trace_id))["episodic"] == 1
    payload = {"operation": "decide", "arguments": CLAIM}
    assert (await desk.packet(payload, metadata=None)).status == 400
    assert (await desk.packet(payload, packet_id="x")).status == 400
    assert (await desk.packet(payload, destination_agent="nobody")).status == 404
    assert (await desk.packet({"operation": "nothing"})).status == 404
    assert (await desk.packet(payload, content_hash="0" * 64)).status == 400
    assert (await desk.packet(payload, timestamp="2020-01-01T00:00:00Z", ttl=5)).status == 410
    flagged = await desk.packet(payload, metadata={"trace_id": str(uuid.uuid4()), "governance_flags": ["pii"]})
    assert flagged.status == 202
    approved = await desk.decide(flagged.decision_id, "approve")
    assert approved.body["result"] == {"verdict": "pay", "confidence": 0.9}


async def test_a_packet_that_ran_is_answered_though_redis_went_away_meanwhile(l9_backends):
    async with contextlib.AsyncExitStack() as away:

        @operation(summary="Cut the line to Redis.", criticality=0.1)
        async def cut(request: Payload, context: OperationContext) -> Payload:
            await away.enter_async_context(failing_store(agent, "working"))
            return request

        agent = await away.enter_async_context(serving_definition(replace(desk(), operations=(cut,)), l9_backends))
        reply = await agent.packet({"operation": "cut", "arguments": {"a": 1}})
        assert (reply.status, reply.body) == (200, {"a": 1})
        assert set(reply.headers["x-l9-degraded"].split(", ")) == {"working", "registry"}


async def test_sender_and_token_have_to_agree(desk):
    envelope_of_another = await desk.packet({"operation": "decide", "arguments": CLAIM}, source_agent="stranger")
    assert envelope_of_another.status == 404


async def test_rate_and_size_limits(l9_backends):
    async with serving_definition(desk(Limits(rate="3/minute", max_payload_bytes=200)), l9_backends) as agent:
        assert (await agent.call("echo", {"text": "x" * 300})).status == 413
        statuses = [(await agent.call("echo", {"n": n})).status for n in range(4)]
        assert statuses[-1] == 429
        assert statuses[0] == 200


async def test_a_store_that_is_down_degrades_or_denies(l9_backends):
    dead = "postgresql://l9:x@127.0.0.1:9/none"
    async with serving_definition(desk(), replace(l9_backends, postgres=dead, hypergraph=dead)) as agent:
        denied = await agent.call("decide", CLAIM)
        assert (denied.status, denied.body["code"]) == (503, "governance-unavailable")
        allowed = await agent.call("echo", {"a": 1})
        assert allowed.status == 200
        assert {"episodic", "causal", "audit"} <= set(allowed.headers["x-l9-degraded"].split(", "))
        ready = await agent.get("/ready")
        assert (ready.status_code, ready.json()["backends"]["redis"]) == (503, "ok")
    async with serving_definition(desk(), replace(l9_backends, redis="redis://127.0.0.1:9/0")) as agent:
        reply = await agent.call("decide", CLAIM)
        assert reply.status == 200
        assert {"working", "event claim_decided"} <= set(reply.headers["x-l9-degraded"].split(", "))
        assert (await agent.packet({"operation": "decide", "arguments": CLAIM})).status == 503


async def test_the_audit_chain_shows_what_was_done_to_it(desk):
    for amount in (1, 2, 3):
        await desk.call("decide", {**CLAIM, "amount": amount})
    engine = desk.memory.postgres
    head = await audit.append(engine, "desk-audit", "first", {"n": 1}, None)
    for number in (2, 3, 4):
        head = await audit.append(engine, "desk-audit", "more", {"n": number}, None)
    assert await audit.verify(engine, "desk-audit", head) == []
    from sqlalchemy import text

    async def tamper(statement):
        async with engine.begin() as connection:
            await connection.execute(text(statement))

    await tamper("UPDATE audit_log SET detail = '{\"n\": 9}' WHERE agent_id = 'desk-audit' AND position = 2")
    assert await audit.verify(engine, "desk-audit")
    await tamper("UPDATE audit_log SET detail = '{\"n\": 2}' WHERE agent_id = 'desk-audit' AND position = 2")
    assert await audit.verify(engine, "desk-audit") == []
    await tamper("DELETE FROM audit_log WHERE agent_id = 'desk-audit' AND position = 4")
    assert await audit.verify(engine, "desk-audit") == []
    assert await audit.verify(engine, "desk-audit", head) != []
    await tamper("DELETE FROM audit_log WHERE agent_id = 'desk-audit' AND position = 2")
    assert await audit.verify(engine, "desk-audit")
    await tamper("DELETE FROM audit_log WHERE agent_id = 'desk-audit'")


async def test_events_reach_an_observer_once_and_are_acknowledged(desk):
    from l9stack.agent import Observation

    reply = await desk.call("decide", CLAIM)
    assert reply.status == 200
    seen = []

    async def handler(operation, payload, trace_id, event_id):
        seen.append((operation, payload["verdict"], trace_id))
        return True

    watcher = replace(
        desk.definition, id="watcher", observes=(Observation("desk", {"claim_decided": "on_claim_decided"}),)
    )
    task = asyncio.create_task(Observer(watcher, desk.memory, handler, desk.runtime.log).run())
    for _ in range(100):
        if seen:
            break
        await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert seen == [("on_claim_decided", "pay", reply.trace_id)]
    pending = await desk.memory.redis.xpending(stream(desk.memory.namespace, "desk"), "watcher")
    assert pending["pending"] == 0


async def test_open_pages(desk):
    health = (await desk.get("/health")).json()
    assert (health["status"], health["agent"]) == ("ok", "desk")
    assert (await desk.get("/ready")).json()["ready"] is True
    await desk.call("echo", {"a": 1})
    metrics = (await desk.get("/metrics")).text
    assert 'l9_calls_total{agent="desk",operation="echo",outcome="200"} 1.0' in metrics
    paths = (await desk.get("/openapi.json")).json()["paths"]
    assert {"/claims", "/operations/decide"} <= paths.keys()
    assert (await desk.get("/.well-known/agent-card.json")).json()["skills"][0]["id"] == "decide"
    assert (await desk.get("/echo?a=1", "operator")).json() == {"a": "1"}
