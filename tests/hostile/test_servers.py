"""Names of a schema that reach Postgres, the graph, Redis and the archive: there they are values, never commands."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import replace

from sqlalchemy import text

from l9stack.agent import (
    AgentDefinition,
    ArchiveLayer,
    CausalLayer,
    EpisodicLayer,
    GovernancePolicy,
    MemoryDeclaration,
    OperationContext,
    Payload,
    SemanticLayer,
    Trigger,
    WorkingLayer,
    operation,
)
from l9stack.agent.memory._database import index_statements
from l9stack.agent.testing._serving import serving_definition
from l9stack.agent.testing._traces import notifications
from tests.hostile.payloads import PAYLOADS

# What cannot travel in JSON, SQL text or a key at all is refused where a schema is read.
NAMES = tuple(payload for name, payload in PAYLOADS.items() if name not in ("empty", "nul", "surrogate") and payload)


@operation(summary=PAYLOADS["sql"], publish="noted")
async def note(request: Payload, context: OperationContext) -> Payload:
    """Answer with the request, and find earlier ones by every name that is indexed."""
    found = await context.recall({name: value for name, value in request.payload.items() if isinstance(value, str)}, 5)
    return Payload(payload={"found": len(found)})


def definition(number: int = 0) -> AgentDefinition:
    """An agent all of whose free names are payloads."""
    return AgentDefinition(
        id="desk",
        collection="hostile",
        name=NAMES[number],
        role=NAMES[number],
        version=NAMES[number],
        operations=(note,),
        memory=MemoryDeclaration(
            working=WorkingLayer(f"desk{NAMES[number]}", 60),
            episodic=EpisodicLayer(NAMES, NAMES[number]),
            semantic=SemanticLayer(dict.fromkeys(NAMES, NAMES), dict.fromkeys(NAMES, NAMES)),
            causal=CausalLayer(dict.fromkeys(NAMES, NAMES)),
            archive=ArchiveLayer(NAMES[number]),
        ),
        governance=GovernancePolicy(
            anchors=("Lead",), triggers=tuple(Trigger(f"t{n}", name) for n, name in enumerate(NAMES)), audit_scope=NAMES
        ),
        publishes=("noted",),
    )


async def test_names_are_values_in_every_store(l9_backends):
    async with serving_definition(definition(), l9_backends) as agent:
        memory, trace = agent.memory, str(uuid.uuid4())
        await memory.redis.set("l9_canary", "here")
        await memory.connections.cypher("MERGE (c:l9_canary {key: 'here'})", {})
        # A field whose name ends in `_id` names an entity of the graph, so that these names reach every query.
        arguments = {**dict(zip(NAMES, NAMES, strict=True)), **{f"{name}_id": name for name in NAMES}}
        reply = await agent.call("note", arguments, trace)
        assert (reply.status, reply.headers.get("x-l9-degraded")) == (200, None)
        assert await memory.find(trace) == {"working": 1, "episodic": 1, "semantic": 1, "causal": 1, "archive": 1}
        again = await agent.call("note", arguments)
        assert again.body["found"] == 1
        entities = await memory.connections.cypher(
            "MATCH (d:agent_decision {trace_id: $trace})-[:INFLUENCES]->(e:domain_entity) RETURN e.entity_type AS kind",
            {"trace": trace},
        )
        assert {row["kind"] for row in entities} == set(NAMES)
        assert await memory.redis.get("l9_canary") == "here"
        assert await memory.connections.cypher("MATCH (c:l9_canary) RETURN c.key AS key", {}) == [{"key": "here"}]
        async with memory.postgres.connect() as connection:
            rows = await connection.execute(
                text("SELECT count(*) FROM decision_logs WHERE trace_id = :t"), {"t": trace}
            )
            assert rows.scalar() == 1
            names = await connection.execute(
                text("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'decision_logs_by_%'")
            )
            assert all(name.removeprefix("decision_logs_by_").isidentifier() for name in names.scalars())


async def test_a_keyspace_is_no_pattern(l9_backends):
    """Another agent's keys are not counted as one's own, whatever the keyspace says."""
    async with serving_definition(definition(), l9_backends) as agent:
        for space in ("desk*", "desk[a-z]", "desk?", "desk\\", PAYLOADS["redis-pattern"]):
            layer = replace(agent.definition.memory, working=WorkingLayer(space, 60))
            async with serving_definition(
                replace(agent.definition, memory=layer), l9_backends, namespace=agent.memory.namespace
            ) as other:
                trace = str(uuid.uuid4())
                await agent.memory.redis.set(f"{agent.memory.namespace}:deskx:{trace}:note", "another's")
                assert (await other.memory.find(trace))["working"] == 0
                await other.call("note", {}, trace)
                assert (await other.memory.find(trace))["working"] == 1


async def test_anchors_are_told_by_any_name_and_keys_stay_in_their_folder(l9_backends, tmp_path):
    """GHSA-4vv7-jj25-4gh6, CVE-2024-35219: a name became a path."""
    names = [name for name in NAMES if len(name) < 200]
    governed = replace(definition(), governance=GovernancePolicy(anchors=tuple(names)))
    async with contextlib.AsyncExitStack() as stack:
        agent = await stack.enter_async_context(serving_definition(governed, l9_backends))
        trace = str(uuid.uuid4())
        decision = await agent.runtime.governor.open("note", {}, "asked", trace)
        for name in names:
            assert [entry["decision_id"] for entry in await notifications(agent.memory, name, trace)] == [decision]


def test_only_identifiers_are_indexed():
    for name in PAYLOADS.values():
        for statement in index_statements([name]):
            assert statement == (
                f"CREATE INDEX IF NOT EXISTS decision_logs_by_{name} "
                f"ON decision_logs (agent_id, (decision_data->'request'->>'{name}'))"
            )
            assert name.isidentifier() and name.isascii()
