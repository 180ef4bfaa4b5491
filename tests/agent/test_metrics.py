"""What `/metrics` tells: every series from the start, what waits as the store has it, and nothing that is not known."""

import asyncio
import math
from dataclasses import replace

import pytest
import structlog
from agent_desk import POLICY, desk
from prometheus_client.parser import text_string_to_metric_families

from l9stack.agent import Limits, OperationContext, Payload, operation
from l9stack.agent._serving import backlog
from l9stack.agent._telemetry.metrics import BUCKETS, OUTCOMES, Metrics
from l9stack.agent.governance._audit_anchors import AuditAnchors
from l9stack.agent.testing._faults import failing_store
from l9stack.agent.testing._serving import serving_definition

CLAIM = {"claim_id": "C-1", "amount": 120}


@pytest.fixture(autouse=True)
def always_looked(monkeypatch):
    """Tests look more often than Prometheus does."""
    monkeypatch.setattr(backlog, "FRESH_SECONDS", 0.0)


async def read(agent):
    text = (await agent.get("/metrics")).text
    return {
        (sample.name, *sorted(set(sample.labels.items()) - {("agent", "desk")})): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(found, name, **labels):
    return found[name, *sorted(labels.items())]


async def test_every_series_is_there_before_the_first_call_and_no_call_adds_one(desk):
    before = await read(desk)
    assert {value for (name, *_), value in before.items() if name.startswith("l9_") and name.endswith("_total")} == {0}
    operations = [op.name for op in desk.definition.operations]
    assert {(o, s) for o in operations for s in OUTCOMES} == {
        (dict(labels)["operation"], dict(labels)["outcome"]) for name, *labels in before if name == "l9_calls_total"
    }
    assert sum(name == "l9_call_seconds_bucket" for name, *_ in before) == len(operations) * (len(BUCKETS) + 1)
    for name in operations:
        await desk.call(name, CLAIM if name not in ("echo", "slow", "broken") else {"a": 1})
        await desk.call(name, {"claim_id": ""})
    await desk.call("no_such_operation", {})
    await desk.get("/decisions", None)
    assert (await read(desk)).keys() == before.keys()


async def test_calls_are_counted_by_outcome_with_their_seconds(desk):
    for name, arguments, outcome in (
        ("echo", {"a": 1}, "200"),
        ("exception", CLAIM, "202"),
        ("decide", {}, "400"),
        ("broken", {}, "500"),
        ("slow", {}, "504"),
    ):
        await desk.call(name, arguments)
        found = await read(desk)
        assert of(found, "l9_calls_total", operation=name, outcome=outcome) == 1
        assert of(found, "l9_call_seconds_count", operation=name) == 1
    assert 0.05 <= of(found, "l9_call_seconds_sum", operation="slow") < 5
    assert of(found, "l9_calls_in_flight") == 0


async def test_a_call_is_in_flight_until_it_is_answered(l9_backends):
    held, seen = asyncio.Event(), asyncio.Event()

    @operation(summary="Wait.")
    async def wait(request: Payload, context: OperationContext) -> Payload:
        """Wait for the test."""
        seen.set()
        await held.wait()
        return Payload(payload={})

    async with serving_definition(replace(desk_of(), operations=(wait,), routes=()), l9_backends) as agent:
        call = asyncio.create_task(agent.call("wait", {}))
        await asyncio.wait_for(seen.wait(), 5)
        assert of(await read(agent), "l9_calls_in_flight") == 1
        held.set()
        await call
        assert of(await read(agent), "l9_calls_in_flight") == 0


def desk_of():
    return desk(policy=POLICY)


async def test_what_is_turned_away_unread_is_counted_by_its_reason(l9_backends):
    limits = Limits(rate="2/minute", max_payload_bytes=200)
    async with serving_definition(replace(desk_of(), limits=limits), l9_backends, limited=True) as agent:
        await agent.get("/decisions", None)
        await agent.post("/operations/echo", {"a": "x" * 500})
        for _ in range(3):
            await agent.call("echo", {})
        found = await read(agent)
        for reason in ("unauthorised", "too-large", "rate-limited"):
            assert of(found, "l9_refusals_total", reason=reason) == 1


async def test_escalations_are_counted_by_their_reason(l9_backends):
    async with serving_definition(desk_of(), l9_backends, holding=True) as agent:
        await agent.call("decide", {"claim_id": "C-1", "amount": 5000})
        await agent.call("exception", CLAIM)
        await agent.call("broken", {})
        await agent.call("judge", {"claim_id": "C-1", "amount": 600})
        flags = {"trace_id": "0b9a63d8-5f0c-4b52-8f4e-1a4c4f7a8c11", "governance_flags": ["legal"]}
        await agent.packet({"operation": "echo", "arguments": {}}, metadata=flags)
        await agent.context().escalate("the operation's own code asks")
        found = await read(agent)
        counted = {dict(labels)["reason"]: v for (name, *labels), v in found.items() if name == "l9_escalations_total"}
        assert counted == dict.fromkeys(("rule", "unbound", "failure", "held", "flagged", "asked"), 1) | {
            "memory": 0,
            "peer": 0,
        }


async def test_what_waits_is_told_as_the_store_has_it(desk):
    found = await read(desk)
    assert (of(found, "l9_decisions_waiting"), of(found, "l9_decisions_oldest_seconds")) == (0, 0)
    first = await desk.call("exception", CLAIM)
    await asyncio.sleep(0.2)
    await desk.call("exception", {**CLAIM, "amount": 121})
    found = await read(desk)
    assert of(found, "l9_decisions_waiting") == 2
    assert 0.2 <= of(found, "l9_decisions_oldest_seconds") < 60
    assert of(found, "l9_audit_entries") == 2
    await desk.decide(first.decision_id, "override", {"verdict": "pay", "confidence": 1.0})
    found = await read(desk)
    assert of(found, "l9_decisions_waiting") == 1
    assert of(found, "l9_decisions_total", verdict="override") == 1


async def test_what_nobody_decides_in_time_is_counted_though_nobody_but_prometheus_looks(l9_backends):
    policy = replace(POLICY, timeout_seconds=0.2)
    async with serving_definition(desk(policy=policy), l9_backends) as agent:
        await agent.call("exception", CLAIM)
        await asyncio.sleep(0.3)
        found = await read(agent)
        assert of(found, "l9_decisions_waiting") == 0
        assert of(found, "l9_decisions_total", verdict="expired") == 1


async def test_while_the_store_is_down_what_waits_is_unknown_and_the_rest_is_told(desk):
    await desk.call("exception", CLAIM)
    assert of(await read(desk), "l9_decisions_waiting") == 1
    async with failing_store(desk, "episodic"):
        found = await read(desk)
    for gauge in ("l9_decisions_waiting", "l9_decisions_oldest_seconds", "l9_audit_entries"):
        assert math.isnan(of(found, gauge))
    assert of(found, "l9_calls_total", operation="exception", outcome="202") == 1
    assert of(await read(desk), "l9_decisions_waiting") == 1


async def test_the_store_is_not_asked_more_often_than_it_needs(desk, monkeypatch):
    monkeypatch.setattr(backlog, "FRESH_SECONDS", 60.0)
    asked = []
    usual = desk.runtime.governor.backlog

    async def counted():
        asked.append(1)
        return await usual()

    monkeypatch.setattr(desk.runtime.governor, "backlog", counted)
    await asyncio.gather(*(read(desk) for _ in range(20)))
    assert len(asked) == 1


def test_what_runs_is_told_by_its_digest():
    text = Metrics(desk_of(), "abc").text().decode()
    assert 'l9_build_info{agent="desk",code_digest="abc",version="1"} 1.0' in text


async def test_how_far_the_chain_is_anchored_and_attempts_that_failed_are_told(desk):
    await desk.call("echo", {})
    for archive, anchored, failures in ((None, 1, 0), ("s3://nowhere", 1, 1)):
        if archive:
            await desk.call("echo", {})
            desk.memory.connections.archive_url, desk.memory.connections.store = archive, None
        job = asyncio.create_task(AuditAnchors(desk.memory, desk.runtime.metrics, structlog.get_logger()).run())
        await asyncio.sleep(0)
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        found = await read(desk)
        assert of(found, "l9_audit_anchored_entries") == anchored
        assert of(found, "l9_audit_anchor_failures_total") == failures
