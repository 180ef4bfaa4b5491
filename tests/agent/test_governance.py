"""Decisions of anchors: in time or not at all, by somebody else than who asked, about exactly what was worked out."""

import asyncio
import json
import uuid
from dataclasses import replace

import pytest
from agent_desk import MEMORY, POLICY, Claim, Verdict, desk
from sqlalchemy import text

from l9stack.agent import Comparison, OperationContext, Rule, operation
from l9stack.agent._calls.pipeline import Invocation, run
from l9stack.agent._messaging.events import stream
from l9stack.agent.governance import _audit as audit
from l9stack.agent.testing._faults import failing_store
from l9stack.agent.testing._serving import StandIn, serving_definition
from l9stack.agent.testing._traces import audit_actions, escalations

CLAIM = {"claim_id": "C-1", "amount": 120}
UNSURE = {**CLAIM, "amount": 5000}
ANSWER = {"verdict": "pay", "confidence": 1.0}


@pytest.fixture
def governed(l9_backends):
    def serve(**changes):
        return serving_definition(desk(policy=replace(POLICY, **changes)), l9_backends)

    return serve


async def seen(agent, decision_id, principal="operator"):
    return (await agent.get(f"/decisions/{decision_id}", principal)).json()


async def published(agent):
    entries = await agent.memory.redis.xrange(stream(agent.memory.namespace, "desk"))
    return [(fields["event"], json.loads(fields["payload"])) for _, fields in entries]


# -- time --------------------------------------------------------------------------------------------------------------


async def test_what_nobody_decides_in_time_is_blocked_audited_and_counted(governed):
    async with governed(timeout_seconds=0.4) as agent:
        late = await agent.call("exception", CLAIM)
        digest = (await seen(agent, late.decision_id))["arguments_digest"]
        assert (await seen(agent, late.decision_id))["status"] == "PENDING"
        await asyncio.sleep(0.5)
        young = await agent.call("exception", {**CLAIM, "amount": 121})
        listed = (await agent.get("/decisions", "operator")).json()["decisions"]
        assert [entry["decision_id"] for entry in listed] == [young.decision_id]
        blocked = await seen(agent, late.decision_id)
        assert (blocked["status"], blocked["reason"]) == ("BLOCKED", "nobody decided in time")
        assert (blocked["approver"], blocked["result"]) == (None, None)
        for verdict in ("approve", "block", "override"):
            body = {"verdict": verdict, "payload": ANSWER, "arguments_digest": digest}
            refused = await agent.post(f"/decisions/{late.decision_id}", body, "anchor:Ada")
            assert (refused.status_code, refused.json()["code"]) == (409, "expired")
        assert await audit_actions(agent.memory, late.trace_id) == ["escalated", "decision expired"]
        assert await audit.verify(agent.memory.postgres, "desk") == []
        metrics = (await agent.get("/metrics")).text
        assert 'l9_decisions_total{agent="desk",verdict="expired"} 1.0' in metrics
        assert (await agent.call("exception", CLAIM)).status == 202


async def test_many_who_look_at_once_expire_a_decision_once(governed):
    async with governed(timeout_seconds=0.1) as agent:
        late = [await agent.call("exception", {**CLAIM, "amount": n}) for n in range(3)]
        await asyncio.sleep(0.2)
        await asyncio.gather(*(seen(agent, reply.decision_id) for reply in late for _ in range(4)))
        for reply in late:
            assert await audit_actions(agent.memory, reply.trace_id) == ["escalated", "decision expired"]
        assert await audit.verify(agent.memory.postgres, "desk") == []


async def test_a_decision_does_not_expire_unaudited(governed):
    async with governed(timeout_seconds=0.1) as agent:
        late = await agent.call("exception", CLAIM)
        await asyncio.sleep(0.2)

        async def stored(statement):
            async with agent.memory.postgres.begin() as connection:
                return await connection.execute(text(statement))

        # The chain can be read, and nothing be added to it.
        await stored("ALTER TABLE audit_log ADD CONSTRAINT full_now CHECK (false) NOT VALID")
        assert (await agent.get(f"/decisions/{late.decision_id}", "operator")).status_code == 503
        assert (await stored("SELECT status FROM decisions")).scalars().all() == ["PENDING"]
        await stored("ALTER TABLE audit_log DROP CONSTRAINT full_now")
        assert (await seen(agent, late.decision_id))["status"] == "BLOCKED"


async def test_a_verdict_that_comes_a_moment_late_decides_nothing(governed):
    async with governed(timeout_seconds=0.2) as agent:
        late = await agent.call("exception", CLAIM)
        await asyncio.sleep(0.3)
        assert await agent.runtime.governor.close(late.decision_id, "APPROVED", "Ada", ANSWER) is False
        assert (await seen(agent, late.decision_id))["status"] == "BLOCKED"


# -- who decides -------------------------------------------------------------------------------------------------------


async def test_who_asked_does_not_decide(desk):
    path, trace = "/operations/exception", {"X-L9-Trace-Id": str(uuid.uuid4())}
    asked = (await desk.post(path, CLAIM, "anchor:Ada", trace)).json()
    assert (await seen(desk, asked["decision_id"]))["asked_by"] == "anchor:Ada"
    for verdict in ("approve", "block", "override"):
        own = await desk.decide(asked["decision_id"], verdict, ANSWER, anchor="Ada")
        assert (own.status, own.body["code"]) == (403, "self-approval")
    assert (await seen(desk, asked["decision_id"]))["status"] == "PENDING"
    assert (await desk.decide(asked["decision_id"], "approve", ANSWER, anchor="Review Board")).status == 200


async def test_who_asked_through_another_agent_does_not_decide_there(l9_backends):
    async with serving_definition(replace(desk(), id="colleague"), l9_backends, {}, "space-of-two") as colleague:
        peers = {"colleague": colleague}
        async with serving_definition(desk(), l9_backends, peers, "space-of-two") as agent:
            asked = await run(
                agent.runtime,
                Invocation(operation=_passing_on(), arguments=CLAIM, trace_id=str(uuid.uuid4()), caller="anchor:Ada"),
            )
            assert asked.status == 202
            waiting = await seen(colleague, asked.decision_id)
            assert (waiting["operation"], waiting["asked_by"]) == ("exception", "anchor:Ada")
            own = await colleague.decide(asked.decision_id, "approve", ANSWER, anchor="Ada")
            assert (own.status, own.body["code"]) == (403, "self-approval")
            assert (await colleague.decide(asked.decision_id, "block", anchor="Review Board")).status == 200


async def test_an_operator_speaks_for_nobody_else(desk):
    payload = {"operation": "exception", "arguments": CLAIM}
    asked = await desk.packet(payload, provenance={"asked_by": "anchor:Ada"})
    assert (await seen(desk, asked.decision_id))["asked_by"] == "operator"


def _passing_on():
    @operation(summary="Pass it on.")
    async def passing_on(request: Claim, context: OperationContext) -> Verdict:
        said = await context.ask("colleague", "exception", {"claim_id": request.claim_id, "amount": request.amount})
        return context.answer_as(Verdict, said, "colleague")

    return passing_on


async def test_nothing_is_decided_while_used_tokens_cannot_be_told_apart(desk):
    waiting = await desk.call("exception", {**CLAIM, "amount": 9})
    async with failing_store(desk, "working"):
        refused = await desk.decide(waiting.decision_id, "approve", ANSWER)
    assert (refused.status, refused.body["code"]) == (503, "registry-unavailable")
    assert (await seen(desk, waiting.decision_id))["status"] == "PENDING"
    assert (await desk.decide(waiting.decision_id, "approve", ANSWER)).status == 200


async def test_nothing_is_decided_while_decisions_cannot_be_kept(desk):
    waiting = await desk.call("exception", {**CLAIM, "amount": 10})
    digest = (await seen(desk, waiting.decision_id))["arguments_digest"]
    body = {"verdict": "approve", "payload": ANSWER, "arguments_digest": digest}
    async with failing_store(desk, "episodic"):
        refused = await desk.post(f"/decisions/{waiting.decision_id}", body, "anchor:Ada")
    assert (refused.status_code, refused.json()["code"]) == (503, "governance-unavailable")
    assert (await seen(desk, waiting.decision_id))["status"] == "PENDING"


# -- overrides ---------------------------------------------------------------------------------------------------------


async def test_where_nobody_may_override_an_anchor_only_approves_or_blocks(governed):
    async with governed(mode="blocking", human_override=False) as agent:
        held = await agent.call("decide", UNSURE)
        for verdict in ("override", "approve"):
            refused = await agent.decide(held.decision_id, verdict, ANSWER)
            assert (refused.status, refused.body["code"]) == (403, "no-override"), verdict
        assert (await agent.decide(held.decision_id, "approve")).body["result"]["verdict"] == "review"
        unbound = await agent.call("exception", CLAIM)
        refused = await agent.decide(unbound.decision_id, "override", ANSWER)
        assert (refused.status, refused.body["code"]) == (403, "no-override")
        assert (await agent.decide(unbound.decision_id, "approve", ANSWER)).status == 200


async def test_an_override_needs_its_answer(governed):
    async with governed(mode="blocking") as agent:
        held = await agent.call("decide", UNSURE)
        for payload, code in ((None, "answer-needed"), ({"verdict": "pay"}, "invalid-answer")):
            refused = await agent.decide(held.decision_id, "override", payload)
            assert (refused.status, refused.body["code"]) == (400, code)
        assert (await seen(agent, held.decision_id))["status"] == "PENDING"


# -- modes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "fired", "raised"), [("autonomous", 200, 200), ("hybrid", 200, 202), ("blocking", 202, 202)]
)
async def test_a_mode_says_what_is_held(governed, mode, fired, raised):
    async with governed(mode=mode) as agent:
        for operation, arguments, status, reason in (
            ("decide", UNSURE, fired, "unsure_and_critical"),
            ("judge", {**CLAIM, "amount": 600}, raised, "drift"),
        ):
            reply = await agent.call(operation, arguments)
            state = "ESCALATED" if status == 200 else "PENDING"
            assert (reply.status, reply.headers["x-l9-governance"]) == (status, state)
            assert await escalations(agent.memory, reply.trace_id) == [(state, reason)]
            kept = 1 if status == 200 else 0
            assert await agent.memory.find(reply.trace_id) == dict.fromkeys(MEMORY.layers(), kept)
            for anchor in POLICY.anchors:
                told = await agent.memory.redis.xrange(f"{agent.memory.namespace}:anchors:{anchor}")
                assert (told[-1][1]["reason"], told[-1][1]["trace_id"]) == (reason, reply.trace_id)
        assert (await agent.call("decide", CLAIM)).headers["x-l9-governance"] == "APPROVED"


async def test_an_approval_releases_exactly_what_was_held(governed):
    async with governed() as agent:
        held = await agent.call("judge", {**CLAIM, "amount": 600})
        worked_out = {"verdict": "seen 0", "confidence": 0.8}
        assert (held.status, held.body["anchors"]) == (202, list(POLICY.anchors))
        assert "proposed" not in await seen(agent, held.decision_id, "agent:desk")
        assert (await seen(agent, held.decision_id, "anchor:Ada"))["proposed"] == worked_out
        assert await published(agent) == []
        # Run anew it would find what was decided meanwhile, and say something else.
        assert (await agent.call("decide", {**CLAIM, "amount": 1})).status == 200
        done = await agent.decide(held.decision_id, "approve")
        assert (done.status, done.body["result"]) == (200, worked_out)
        assert done.headers["x-l9-governance"] == "APPROVED"
        shown = await seen(agent, held.decision_id, "agent:desk")
        assert (shown["status"], shown["result"], shown["approver"]) == ("APPROVED", worked_out, "Ada")
        assert await agent.memory.find(held.trace_id) == dict.fromkeys(MEMORY.layers(), 1)
        assert (await published(agent))[1:] == [("claim_judged", {"claim_id": "C-1"}), ("claim_decided", worked_out)]
        assert await audit_actions(agent.memory, held.trace_id) == ["held", "decision approve"]
        again = await agent.decide(held.decision_id, "approve")
        assert (again.status, again.body["code"]) == (409, "already-decided")
        assert len(await published(agent)) == 3


async def test_an_override_replaces_what_was_held(governed):
    async with governed() as agent:
        held = await agent.call("judge", {**CLAIM, "amount": 600})
        done = await agent.decide(held.decision_id, "override", ANSWER)
        assert (done.status, done.body["result"]) == (200, ANSWER)
        assert await published(agent) == [("claim_decided", ANSWER)]
        [kept] = await agent.memory.recall(CLAIM | {"amount": 600}, 5)
        assert (kept["decision_id"], kept["response"], kept["fired"]) == (held.decision_id, ANSWER, ["drift"])


async def test_a_block_refuses_what_was_held(governed):
    async with governed(mode="blocking") as agent:
        held = await agent.call("decide", UNSURE)
        done = await agent.decide(held.decision_id, "block")
        assert (done.body["status"], done.body["result"]) == ("BLOCKED", None)
        assert await published(agent) == []
        assert not any((await agent.memory.find(held.trace_id)).values())


async def test_what_cannot_be_held_does_not_go_out(governed):
    many = Rule("many", "n > 1", (Comparison("n", ">", 1),))
    async with governed(mode="blocking", rules=(many,)) as agent, failing_store(agent, "episodic"):
        assert (await agent.call("echo", {"n": 1})).status == 200
        reply = await agent.call("echo", {"n": 2})
    assert (reply.status, reply.body["code"]) == (503, "governance-unavailable")


async def test_agents_are_told_that_an_answer_is_held(governed):
    async with governed(mode="blocking") as agent:
        reply = await agent.packet({"operation": "decide", "arguments": UNSURE})
        assert (reply.status, reply.body["decision_id"]) == (202, reply.decision_id)


# -- a user's function -------------------------------------------------------------------------------------------------


async def test_a_users_function_remembers_and_asks_by_the_context(l9_backends):
    good = StandIn({"opinion": {"verdict": "review", "confidence": 0.7}})
    async with serving_definition(desk(), l9_backends, {"colleague": good}) as agent:
        assert (await agent.call("judge", CLAIM)).body["verdict"] == "seen 0"
        assert (await agent.call("judge", CLAIM)).body["verdict"] == "seen 1"
        asked = await agent.call("judge", {**CLAIM, "amount": 901})
        assert (asked.status, (await seen(agent, asked.decision_id))["proposed"]["verdict"]) == (202, "review")
        assert good.requests == [{"operation": "opinion", "arguments": {"claim_id": "C-1"}}]


# -- headers -----------------------------------------------------------------------------------------------------------


async def test_a_refusal_does_not_say_that_it_was_approved(desk):
    packet = await desk.packet({"operation": "nothing"})
    replies = [
        await desk.post("/operations/decide", CLAIM, headers={"authorization": "Bearer none"}),
        await desk.post("/operations/decide", {}),
        await desk.post("/operations/nothing", {}),
        await desk.post("/operations/echo", {"text": "x" * (1 << 20)}),
        await desk.get("/decisions/nothing", "operator"),
        await desk.post("/decisions/nothing", {}, "operator"),
    ]
    assert [reply.status_code for reply in replies] == [401, 400, 404, 413, 404, 403]
    for reply in replies:
        assert "x-l9-governance" not in reply.headers, reply.text
        assert reply.headers["x-l9-trace-id"]
    assert (packet.status, "x-l9-governance" in packet.headers) == (404, False)


async def test_a_duplicate_says_of_governance_what_the_first_answer_said(desk):
    packet_id = str(uuid.uuid4())
    payload = {"operation": "decide", "arguments": UNSURE}
    for _ in range(2):
        reply = await desk.packet(payload, packet_id=packet_id)
        assert (reply.status, reply.headers["x-l9-governance"]) == (200, "ESCALATED")
