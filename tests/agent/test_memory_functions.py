"""What generated modules do with memory beside recording decisions: graph, causes, history, cache, notes."""

import uuid

import pytest
from sqlalchemy import text

from l9stack.agent import Record
from l9stack.agent.knowledge import _cache as cache, _graph as graph, _history as history
from l9stack.agent.knowledge._causes import causes
from l9stack.agent.operations import PeerError
from l9stack.agent.testing._serving import serving_definition


class _Parcel(Record):
    parcel_id: str
    weight: float


class _Carries(Record):
    since: str


async def test_a_node_is_merged_and_an_edge_joins_two(desk):
    context, parcel, claim = desk.context(), uuid.uuid4().hex, uuid.uuid4().hex
    hostile = "'}) DETACH DELETE (n) //"
    await graph.keep_node(context, "parcel", parcel, _Parcel(parcel_id=parcel, weight=1.5))
    await graph.keep_node(context, "parcel", parcel, _Parcel(parcel_id=parcel, weight=2.5))
    await graph.keep_edge(context, hostile, ("parcel", parcel), ("claim", claim), _Carries(since="2026"))
    await graph.keep_edge(context, hostile, ("parcel", parcel), ("claim", claim), _Carries(since="2027"))
    found = await graph.read_entity(context, "parcel", parcel)
    assert {name: found.properties[name] for name in ("parcel_id", "weight")} == {"parcel_id": parcel, "weight": 2.5}
    assert [tuple(n.model_dump().values()) for n in found.neighbours] == [(hostile, "claim", claim)]
    assert found.decisions == ()


async def test_what_was_decided_about_an_entity_is_found_with_it(desk):
    claim = uuid.uuid4().hex[:12]
    first = await desk.call("decide", {"claim_id": claim, "amount": 10})
    second = await desk.call("decide", {"claim_id": claim, "amount": 20})
    found = await graph.read_entity(desk.context(), "claim", claim)
    assert [decision.decision_id for decision in found.decisions] == [second.decision_id, first.decision_id]
    nothing = await graph.read_entity(desk.context(), "claim", "nobody has heard of it")
    assert (nothing.properties, nothing.neighbours, nothing.decisions) == ({}, (), ())


async def test_a_cause_names_its_value_and_what_it_bore_on(desk):
    reply = await desk.call("decide", {"claim_id": "C-1", "amount": 700})
    (found,) = await causes(desk.context(), "amount")
    assert (str(found.decision_id), str(found.trace_id)) == (reply.decision_id, reply.trace_id)
    assert (found.operation, found.value) == ("decide", 700)
    assert found.bore_on == {"verdict": "review"}
    assert await causes(desk.context(), "amount' OR '1'='1") == []


async def test_activity_counts_decisions_and_escalations(desk):
    for amount in (10, 20, 5000):
        await desk.call("decide", {"claim_id": "C-1", "amount": amount})
    (found,) = await history.activity(desk.context())
    assert (found.operation, found.decisions, found.escalated) == ("decide", 3, 1)
    assert found.mean_confidence == pytest.approx((0.9 + 0.9 + 0.4) / 3)
    async with desk.memory.postgres.begin() as connection:
        await connection.execute(text("UPDATE decision_logs SET timestamp = now() - interval '2 days'"))
    assert await history.activity(desk.context()) == []
    assert len(await history.activity(desk.context(), hours=72)) == 1


async def test_drift_compares_the_newest_values_with_the_earlier_ones(desk):
    for amount in (10, 12, 11, 9, 900):
        await desk.call("decide", {"claim_id": "C-1", "amount": amount})
    assert await history.figures(desk.context(), "amount", 3) == [900, 9, 11]
    found = await history.drift(desk.context(), "amount", recent=1, earlier=4)
    assert found is not None and found.drifted and found.earlier_mean == 10.5
    steady = await history.drift(desk.context(), "amount", recent=1, earlier=4, threshold=1e6)
    assert steady is not None and not steady.drifted
    assert await history.drift(desk.context(), "amount", recent=3, earlier=200) is None
    assert await history.drift(desk.context(), "verdict") is None


@pytest.mark.parametrize(("recent", "deviations"), [([5.0], 0.0), ([6.0], 3.0)])
def test_values_that_never_varied_make_any_other_one_a_drift(recent, deviations):
    found = history.compare("x", recent, [5.0, 5.0, 5.0], 3.0)
    assert found is not None and (found.deviations, found.drifted) == (deviations, deviations > 0)


async def test_what_is_kept_is_found_until_its_time_is_over(desk):
    context = desk.context()
    await cache.keep_value(context, "rate", {"eur": [1, None]})
    assert await cache.read_value(context, "rate") == {"eur": [1, None]}
    (key,) = [key async for key in desk.memory.redis.scan_iter(f"{desk.memory.namespace}:*:kept:rate")]
    assert 0 < await desk.memory.redis.ttl(key) <= desk.definition.memory.working.ttl_seconds
    await cache.keep_value(context, "rate", 1, ttl_seconds=5)
    assert 0 < await desk.memory.redis.ttl(key) <= 5
    assert (await cache.forget_value(context, "rate"), await cache.forget_value(context, "rate")) == (True, False)
    assert await cache.read_value(context, "rate") is None


async def test_a_note_is_in_the_audit_chain_under_the_calls_trace(desk):
    context = desk.context()
    assert await context.note("claims taken in", {"claim_id": "C-1"})
    async with desk.memory.postgres.connect() as connection:
        row = (await connection.execute(text("SELECT action, trace_id, detail FROM audit_log"))).one()
    assert (row.action, str(row.trace_id)) == ("claims taken in", context.trace_id)
    assert row.detail == {"operation": "trial", "decision_id": context.decision_id, "claim_id": "C-1"}


async def test_an_escalation_waits_for_an_anchor(desk):
    context = desk.context(arguments={"claim_id": "C-1"})
    decision = await context.escalate("too odd", "critical")
    waiting = (await desk.get(f"/decisions/{decision}", "operator")).json()
    assert {name: waiting[name] for name in ("status", "reason", "severity", "arguments")} == {
        "status": "PENDING",
        "reason": "too odd",
        "severity": "critical",
        "arguments": {"claim_id": "C-1"},
    }


async def test_several_are_asked_at_the_same_time_and_the_first_failure_is_raised(desk, monkeypatch):
    asked = []

    async def ask(self, agent, operation, arguments):
        asked.append((agent, operation))
        if agent == "down":
            raise PeerError(agent, "unreachable", "away")
        return {"said": arguments["n"]}

    monkeypatch.setattr("l9stack.agent._calls.context.OperationContext.ask", ask)
    context = desk.context()
    assert await context.ask_all({"a.one": {"n": 1}, "b.two": {"n": 2}}) == {"a.one": {"said": 1}, "b.two": {"said": 2}}
    assert asked == [("a", "one"), ("b", "two")]
    with pytest.raises(PeerError, match="down: unreachable"):
        await context.ask_all({"a.one": {"n": 1}, "down.two": {"n": 2}})


async def test_only_a_log_that_is_a_tests_own_is_emptied(desk, l9_backends):
    """Where Postgres lets nobody make a schema, a test shares the log of those who work there."""
    await desk.call("decide", {"claim_id": "C-1", "amount": 10})
    await desk.empty_log()
    assert await desk.context().recall({"claim_id": "C-1"}) == []
    async with serving_definition(desk.definition, l9_backends, namespace=f"t-{uuid.uuid4().hex[:8]}") as shared:
        with pytest.raises(RuntimeError, match="not this test's own"):
            await shared.empty_log()
