"""An anchor's answer is used again, for every caller and after a restart: same operation, arguments and policy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from agent_desk import POLICY, Claim, Verdict, desk
from pydantic import Field
from sqlalchemy import text

from l9stack.agent import AgentDefinition, OperationContext, Record, Rule, operation
from l9stack.agent.declarations import Comparison
from l9stack.agent.governance._governor import PRECEDENT_SECONDS
from l9stack.agent.testing._serving import ServedAgent, serving_definition
from l9stack.agent.testing._spaces import apart

CLAIM = {"claim_id": "C-1", "amount": 120}
ANSWER = {"verdict": "pay", "confidence": 1.0}


class Serving:
    """Agents that are started one after another on the same stores."""

    def __init__(self, backends, space: str) -> None:
        self._backends, self._space = backends, space

    @asynccontextmanager
    async def __call__(self, definition: AgentDefinition, peers=None) -> AsyncIterator[ServedAgent]:
        async with serving_definition(definition, self._backends, peers, self._space) as agent:
            yield agent


@pytest.fixture
async def start(l9_backends) -> AsyncIterator[Serving]:
    async with apart(l9_backends) as (own, space):
        yield Serving(own, space)


async def decided(agent: ServedAgent) -> None:
    waiting = await agent.call("exception", CLAIM)
    assert waiting.status == 202
    assert (await agent.decide(waiting.decision_id, "approve", ANSWER)).status == 200


async def test_it_outlives_the_agent_that_took_it(start):
    async with start(desk()) as agent:
        await decided(agent)
    async with start(desk()) as agent:
        again = await agent.call("exception", {"amount": 120.0, "claim_id": "C-1"})
    assert (again.status, again.body) == (200, ANSWER)


async def test_every_agent_that_asks_gets_it(start):
    @operation(summary="Pass it on.")
    async def ask(request: Claim, context: OperationContext) -> Verdict:
        """Ask the desk."""
        return context.answer_as(Verdict, await context.ask("desk", "exception", request.model_dump()), "desk")

    peers: dict[str, ServedAgent] = {}
    async with start(desk(), peers) as owner:
        peers["desk"] = owner
        for name in ("front", "back"):
            asking = replace(desk(), id=name, operations=(ask,), routes=(), packet_types={}, publishes=())
            async with start(asking, peers) as other:
                reply = await other.call("ask", CLAIM)
                if name == "front":
                    assert reply.status == 202
                    assert (await owner.decide(reply.decision_id, "approve", ANSWER)).status == 200
                else:
                    assert (reply.status, reply.body) == (200, ANSWER)


async def test_another_agent_with_an_operation_of_that_name_has_its_own(start):
    async with start(desk()) as agent:
        await decided(agent)
    async with start(replace(desk(), id="annex")) as other:
        assert (await other.call("exception", CLAIM)).status == 202


@pytest.mark.parametrize(
    "policy",
    [
        replace(POLICY, anchors=("Ada",)),
        replace(POLICY, rules=(*POLICY.rules, Rule("dear", "amount > 100", (Comparison("amount", ">", 100),)))),
        replace(POLICY, triggers=()),
        replace(POLICY, mode="blocking"),
    ],
    ids=["anchors", "rules", "triggers", "mode"],
)
async def test_another_policy_asks_again(start, policy):
    async with start(desk()) as agent:
        await decided(agent)
    async with start(desk(policy=policy)) as agent:
        assert (await agent.call("exception", CLAIM)).status == 202


async def test_other_arguments_ask_again(start):
    async with start(desk()) as agent:
        await decided(agent)
        assert (await agent.call("exception", {**CLAIM, "amount": 120.01})).status == 202


@pytest.mark.parametrize(("age", "status"), [(PRECEDENT_SECONDS - 60, 200), (PRECEDENT_SECONDS + 60, 202)])
async def test_it_is_good_for_a_month(start, age, status):
    async with start(desk()) as agent:
        await decided(agent)
        async with agent.memory.postgres.begin() as connection:
            earlier = "UPDATE decisions SET decided_at = decided_at - make_interval(secs => :age)"
            await connection.execute(text(earlier), {"age": age})
        assert (await agent.call("exception", CLAIM)).status == status


@pytest.mark.parametrize("verdict", ["block", "none"])
async def test_what_nobody_approved_is_none(start, verdict):
    async with start(desk()) as agent:
        waiting = await agent.call("exception", CLAIM)
        if verdict == "block":
            await agent.decide(waiting.decision_id, "block")
        assert (await agent.call("exception", CLAIM)).status == 202


async def test_an_answer_that_a_newer_response_does_not_take_is_asked_for_again(start):
    class Newer(Record):
        """A verdict with a reason."""

        verdict: str
        reason: str = Field(min_length=1)

    @operation(summary="As before, with a reason.", reusable=True, bound=False)
    async def exception(request: Claim, context: OperationContext) -> Newer:
        """Wait for an anchor."""
        return await context.unbound(Newer)

    async with start(desk()) as agent:
        await decided(agent)
    newer = replace(desk(), operations=(exception,), routes=(), packet_types={}, publishes=())
    async with start(newer) as agent:
        assert (await agent.call("exception", CLAIM)).status == 202


async def test_it_is_not_held_again_by_the_rule_that_asked_for_it(start):
    dear = Rule("dear", "amount > 100", (Comparison("amount", ">", 100),))
    policy = replace(POLICY, mode="blocking", rules=(dear,))
    async with start(desk(policy=policy)) as agent:
        await decided(agent)
        again = await agent.call("exception", CLAIM)
    assert (again.status, again.body, again.headers["x-l9-governance"]) == (200, ANSWER, "APPROVED")
