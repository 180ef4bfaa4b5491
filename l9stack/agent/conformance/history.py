"""Modules that look at what was decided: enrichment, metrics, drift, the log of events, answers that are kept."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from l9stack.agent import Record
from l9stack.agent.conformance._checks import Checks, holds, same
from l9stack.agent.conformance.memory import name_of
from l9stack.agent.governance._audit import verify
from l9stack.agent.memory._layers import keyspace
from l9stack.agent.testing._agent import ServedAgent

__all__ = ["USUAL", "CacheEntry", "Log", "cached", "counted", "drifting", "enriched", "noted"]

USUAL = (10, 12, 11, 9, 10)
"""Values of a figure as it usually varies: their mean is 10.4, and 12 lies 1.4 standard deviations off it."""


async def enriched(
    checks: Checks,
    agent: ServedAgent,
    enrich: Callable[..., Awaitable[Any]],
    values: Mapping[str, Any],
    entities: Mapping[str, str],
) -> None:
    """Earlier decisions with the same `values` are found, and what the graph knows of entities; `entities` by field."""
    decided = [await agent.remember(values, {"number": number}) for number in range(6)]
    await agent.remember({"something_else": 1}, {})
    for limit in (1, 2, 3):
        with checks.positive(f"the newest {limit} with the same values are found"):
            found = await enrich(agent.context(), {**values, "something_else": 1}, limit)
            same([item["decision_id"] for item in found.earlier], decided[::-1][:limit])
    with checks.positive("five are found where nobody says how many"):
        same(len((await enrich(agent.context(), values)).earlier), 5)
    for other in ({}, {"something_else": 1}, {"decision_id": "d-1"}):
        with checks.negative(f"nothing is found by {other}, which has no index"):
            same((await enrich(agent.context(), other)).earlier, ())
    for name in values:
        with checks.negative(f"a decision with another {name} is not found"):
            another = await agent.remember({**values, name: ["another"]}, {})
            found = (await enrich(agent.context(), values, 50)).earlier
            holds(another not in [item["decision_id"] for item in found], "it is found")
    for name, kind in entities.items():
        for heard in (True, False):
            with checks.positive(f"the {kind} that is named is looked up, {'known' if heard else 'unknown'}"):
                key = uuid.uuid4().hex
                about = [await agent.remember({name: key}, {})] if heard else []
                (entity,) = (await enrich(agent.context(), {name: key})).entities
                same((entity.entity_type, entity.entity_id), (kind, key))
                same([item.decision_id for item in entity.decisions], about)


async def counted(checks: Checks, agent: ServedAgent, module: Any, operations: Sequence[str]) -> None:
    """`module.summary` counts what each operation did, and `module.escalated_share` what of it was escalated."""
    await agent.empty_log()
    with checks.positive("every operation is counted, also where it did nothing"):
        found = await module.summary(agent.context())
        same(list(found), list(operations))
        told = {(item.decisions, item.escalated, item.mean_confidence) for item in found.values()}
        same(told, {(0, 0, None)})
    with checks.negative("there is no share of nothing"):
        same(await module.escalated_share(agent.context()), None)
    with checks.negative("what is no operation of the agent is not counted"):
        await agent.remember({}, {})
        same(list(await module.summary(agent.context())), list(operations))
        same(await module.escalated_share(agent.context()), None)
    for name in operations:
        with checks.positive(f"decisions of {name} are counted, and nobody else's"):
            await _decided(agent, name, ("APPROVED", "APPROVED", "ESCALATED"))
            found = await module.summary(agent.context())
            same((found[name].operation, found[name].decisions, found[name].escalated), (name, 3, 1))
            holds(all(item.decisions == 0 for other, item in found.items() if other != name), "others are counted")
    with checks.positive("answers without a confidence do not count as zero"):
        await agent.empty_log()
        for answer in ({"confidence": 0.5}, {"confidence": 1}, {}):
            await agent.record_decision(operations[0], {}, answer=answer)
        same((await module.summary(agent.context()))[operations[0]].mean_confidence, 0.75)
    for escalated, share in ((0, 0.0), (1, 0.25), (4, 1.0)):
        with checks.positive(f"{escalated} of four escalated are a share of {share}"):
            await _decided(agent, operations[-1], ["ESCALATED"] * escalated + ["APPROVED"] * (4 - escalated))
            same(await module.escalated_share(agent.context()), share)
    await _decided(agent, operations[0], ["APPROVED"])
    async with agent.memory.postgres.begin() as connection:
        await connection.execute(text("UPDATE decision_logs SET timestamp = now() - interval '2 days'"))
    for hours, decisions in ((1, 0), (24, 0), (72, 1)):
        side = checks.positive if decisions else checks.negative
        with side(f"of two days ago {decisions} counts within {hours} hours"):
            same((await module.summary(agent.context(), hours))[operations[0]].decisions, decisions)


async def _decided(agent: ServedAgent, name: str, statuses: Sequence[str]) -> None:
    await agent.empty_log()
    for status in statuses:
        await agent.record_decision(name, {}, status)


async def drifting(
    checks: Checks, agent: ServedAgent, detect: Callable[..., Awaitable[list[Any]]], fields: Sequence[str], trigger: str
) -> None:
    """A figure that lies far off its usual values is found by its name, and raises the policy's trigger, if any."""

    async def found(*rounds: Mapping[str, object], **options: float) -> tuple[list[Any], list[tuple[str, str]]]:
        await agent.empty_log()
        for values in rounds:
            await agent.remember({}, values)
        context = agent.context()
        return await detect(context, recent=1, earlier=5, **options), context.triggers

    usual = [dict.fromkeys(fields, value) for value in USUAL]
    for name in fields:
        for value in (900, -900, 14):
            with checks.positive(f"{name} is found at {value}, and no other figure"):
                newest = {**dict.fromkeys(fields, 10), name: value}
                (drift,), raised = await found(dict.fromkeys(fields, 5000), *usual, newest)
                same((drift.field, drift.recent_mean, drift.earlier_mean), (name, value, 10.4))
                same(raised, [(trigger, f"{name} moved from 10.4 to {value}")] if trigger else [])
    for value in (9, 11, 13):
        with checks.negative(f"nothing is found at {value}, which is usual"):
            same(await found(*usual, dict.fromkeys(fields, value)), ([], []))
    for threshold, moved in ((0.0, True), (1.0, True), (2.0, False)):
        side = checks.positive if moved else checks.negative
        with side(f"1.4 deviations are {'above' if moved else 'below'} a threshold of {threshold}"):
            drifts, _ = await found(*usual, dict.fromkeys(fields, 12), threshold=threshold)
            same([item.field for item in drifts], list(fields) if moved else [])
    for values in ((), (1,), (1, 2, 900), ("a", "b", "c", "d", "e", "f")):
        with checks.negative(f"{values} are too little for a drift"):
            same((await found(*(dict.fromkeys(fields, value) for value in values)))[0], [])


Log = Callable[..., Awaitable[bool]]
"""A generated function that notes an event of the audit scope."""


async def noted(checks: Checks, agent: ServedAgent, functions: Mapping[Log, str]) -> None:
    """Each function notes its event in the audit chain, under the call's trace, with its decision and what was told."""
    for log, event in functions.items():
        with checks.part(name_of(log)):
            for detail in ({}, {"subject": "S-1", "count": 2}, {"nested": {"list": [1, None]}}):
                with checks.positive(f"it notes {detail or 'nothing beside the call'}"):
                    context = agent.context()
                    same(await log(context, **detail), True)
                    call = {"operation": "trial", "decision_id": context.decision_id}
                    same(await agent.audit_entries(context.trace_id), [(event, {**detail, **call})])
            with checks.positive("events stand in the order of their calls, in an unbroken chain"):
                context = agent.context()
                for number in range(3):
                    await log(context, number=number)
                found = await agent.audit_entries(context.trace_id)
                same([(name, detail["number"]) for name, detail in found], [(event, n) for n in range(3)])
                same(await verify(agent.memory.postgres, agent.definition.id), [])
            with checks.positive("of calls at once, each is told under its own trace"):
                contexts = [agent.context() for _ in range(3)]
                await asyncio.gather(*(log(context, number=n) for n, context in enumerate(contexts)))
                kept_by_trace = [await agent.audit_entries(context.trace_id) for context in contexts]
                same([[detail["number"] for _, detail in kept] for kept in kept_by_trace], [[0], [1], [2]])
            with checks.negative("a detail does not stand for the call"):
                context = agent.context()
                await log(context, operation="another", decision_id="another")
                ((_, kept),) = await agent.audit_entries(context.trace_id)
                same(kept, {"operation": "trial", "decision_id": context.decision_id})
            with checks.negative("what is no JSON is not noted, and the caller is told"):
                context = agent.context()
                same(await log(context, detail=object()), False)
                same(await agent.audit_entries(context.trace_id), [])
            with checks.negative("another trace has no part in it"):
                context, other = agent.context(), agent.context()
                await log(context)
                same(await agent.audit_entries(other.trace_id), [])


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """An operation whose answers are kept: a request with its answer, and another request, if there is one."""

    name: str
    request: Record
    answer: Record
    other: Record


async def cached(
    checks: Checks,
    agent: ServedAgent,
    functions: tuple[Callable[..., Any], Callable[..., Any]],
    kept: CacheEntry,
    ttl: int,
) -> None:
    """The first function keeps an answer for `ttl` seconds; the second finds it to an equal request, and no other."""
    keep, find = functions
    request, answer = kept.request, kept.answer
    with checks.part(kept.name):
        await _forget(agent)
        with checks.negative("nothing is kept before its time"):
            same(await find(agent.context(), request), None)
        for _ in range(2):
            await keep(agent.context(), request, answer)
        with checks.positive("an answer is kept to an equal request"):
            same(await find(agent.context(), type(request).model_validate(request.model_dump())), answer)
        (key,) = keys = await _keys(agent)
        with checks.positive("it is kept once, under the agent's own keyspace"):
            start = f"{agent.memory.namespace}:{keyspace(agent.definition)}:kept:{kept.name}:"
            holds(len(keys) == 1 and key.startswith(start), f"{keys} do not begin with {start}")
        with checks.positive("it is kept as long as working memory"):
            left = await agent.memory.redis.ttl(key)
            holds(0 < left <= ttl, f"{left} s are left of {ttl}")
        if kept.other != request:
            with checks.negative("another request finds nothing"):
                same(await find(agent.context(), kept.other), None)
        for text_kept in ("null", "{}", "[1]", '{"undeclared_field": 1}'):
            with checks.negative(f"{text_kept}, which does not fit any more, is not found"):
                await agent.memory.redis.set(key, text_kept)
                same(await find(agent.context(), request), None)
        with checks.negative("it is not found after its time"):
            await keep(agent.context(), request, answer)
            await _forget(agent)
            same(await find(agent.context(), request), None)


async def _keys(agent: ServedAgent) -> list[str]:
    return [key async for key in agent.memory.redis.scan_iter(f"{agent.memory.namespace}:*:kept:*")]


async def _forget(agent: ServedAgent) -> None:
    for key in await _keys(agent):
        await agent.memory.redis.delete(key)
