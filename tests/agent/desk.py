"""A small agent for the library's own tests: one operation of each kind that matters to the pipeline."""

from __future__ import annotations

import asyncio

from pydantic import Field

from l9stack.agent import (
    AgentDefinition,
    ArchiveLayer,
    CausalLayer,
    Comparison,
    EpisodicLayer,
    GovernancePolicy,
    Limits,
    MemoryDeclaration,
    OperationContext,
    Payload,
    Record,
    Route,
    Rule,
    SemanticLayer,
    Trigger,
    WorkingLayer,
    operation,
)


class Claim(Record):
    """A claim."""

    claim_id: str = Field(min_length=1, max_length=20)
    amount: float = Field(ge=0, le=10_000)


class Verdict(Record):
    """A verdict."""

    verdict: str
    confidence: float = Field(ge=0, le=1)


@operation(summary="Decide.", criticality=0.8, publish="claim_decided")
async def decide(request: Claim, context: OperationContext) -> Verdict:
    """Decide a claim; large amounts are less certain."""
    return Verdict(
        verdict="pay" if request.amount < 500 else "review", confidence=0.9 if request.amount < 1000 else 0.4
    )


@operation(summary="Ask a colleague.", criticality=0.4)
async def consult(request: Claim, context: OperationContext) -> Verdict:
    """Ask another agent, and use its answer."""
    said = await context.ask("colleague", "opinion", {"claim_id": request.claim_id})
    return context.answer_as(Verdict, said, "colleague")


@operation(summary="Nobody has bound it.", criticality=0.5, reusable=True, bound=False)
async def exception(request: Claim, context: OperationContext) -> Verdict:
    """Wait for an anchor."""
    return await context.unbound(Verdict)


@operation(summary="Anything in, the same out.", criticality=0.1)
async def echo(request: Payload, context: OperationContext) -> Payload:
    """Answer with the request."""
    return Payload(payload=request.payload)


@operation(summary="Too slow.", timeout_seconds=0.05, criticality=0.1)
async def slow(request: Payload, context: OperationContext) -> Payload:
    """Sleep past the timeout."""
    await asyncio.sleep(5)
    return Payload(payload={})


@operation(summary="Broken.", criticality=0.1)
async def broken(request: Payload, context: OperationContext) -> Payload:
    """Fail as user code may."""
    raise RuntimeError("no such luck")


async def judgement(request: Claim, context: OperationContext) -> dict[str, object]:
    """As a user writes it: remembers, asks a colleague, and asks for a person where the figures drift."""
    earlier = await context.recall({"claim_id": request.claim_id})
    said = await context.ask("colleague", "opinion", {"claim_id": request.claim_id}) if request.amount > 900 else {}
    await context.publish("claim_judged", {"claim_id": request.claim_id})
    if request.amount > 500:
        context.raise_trigger("drift", "far from what was usual")
    return {"verdict": str(said.get("verdict", f"seen {len(earlier)}")), "confidence": 0.8}


@operation(summary="Run a user's function.", criticality=0.4, publish="claim_decided")
async def judge(request: Claim, context: OperationContext) -> Verdict:
    """Run the function with the call's context."""
    return await context.call_implementation(judgement, request, Verdict)


MEMORY = MemoryDeclaration(
    working=WorkingLayer("desk:working:*", 60),
    episodic=EpisodicLayer(("claim_id",)),
    semantic=SemanticLayer({"claim": ("claim_id",)}),
    causal=CausalLayer({"amount": ("verdict",)}),
    archive=ArchiveLayer(),
)
POLICY = GovernancePolicy(
    anchors=("Ada", "Review Board"),
    rules=(
        Rule(
            "unsure_and_critical",
            "confidence < 0.6 AND criticality > 0.7",
            (Comparison("confidence", "<", 0.6), Comparison("criticality", ">", 0.7)),
        ),
    ),
    triggers=(Trigger("drift", "model drift detected"),),
)


def desk(
    limits: Limits | None = None, memory: MemoryDeclaration = MEMORY, policy: GovernancePolicy = POLICY
) -> AgentDefinition:
    """The definition."""
    return AgentDefinition(
        id="desk",
        collection="library",
        name="Desk",
        role="Decides claims.",
        version="1",
        operations=(decide, consult, exception, echo, slow, broken, judge),
        memory=memory,
        governance=policy,
        routes=(Route("POST", "/claims", decide), Route("GET", "/echo", echo)),
        packet_types={"claim_filed": "decide"},
        publishes=("claim_decided", "claim_judged"),
        limits=limits or Limits(),
    )
