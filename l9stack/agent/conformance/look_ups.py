"""Operations that look earlier decisions up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from l9stack.agent.conformance.checks import Checks, same
from l9stack.agent.testing._agent import ServedAgent
from l9stack.agent.testing._replies import Reply


@dataclass(frozen=True, slots=True)
class LookUp:
    """A look-up: a request, the most that it finds, another value of each field by which decisions are looked up.

    `fields` are those of the answer that tell what was found: `count`, `decisions`.
    """

    name: str
    request: Mapping[str, Any]
    limit: int
    others: Mapping[str, Any]
    fields: Sequence[str]


async def look_up(checks: Checks, agent: ServedAgent, declared: LookUp) -> None:
    """Decisions about the same are found, the newest first and up to the limit, and never the look-up itself."""
    name, request = declared.name, declared.request
    with checks.part(name):
        await agent.empty_log()
        with checks.negative("a look-up does not find itself"):
            first, second = [await agent.call(name, request) for _ in range(2)]
            same((first.status, first.body), (200, second.body))
        made = [await agent.decided(name, request) for _ in range(declared.limit + 1)]
        reply = await agent.call(name, request)
        with checks.positive("it is answered"):
            same(reply.status, 200)
        if "count" in declared.fields:
            with checks.positive("what was found is counted, up to the limit"):
                same(reply.body["count"], declared.limit)
        if "decisions" in declared.fields:
            with checks.positive("the newest decision comes first"):
                same([found["decision_id"] for found in reply.body["decisions"]], made[:0:-1])
                same(reply.body["decisions"][0]["request"], dict(request))
        for field, other in declared.others.items():
            with checks.negative(f"nothing is found of another {field}"):
                _nothing(await agent.call(name, {**request, field: other}), declared.fields)


def _nothing(reply: Reply, fields: Sequence[str]) -> None:
    found = {name: reply.body[name] for name in fields}
    same((reply.status, found), (200, {name: {"count": 0, "decisions": []}[name] for name in fields}))
