"""What callers rely on: a change here is a change for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from l9stack.agent.conformance._checks import Checks, holds, same
from l9stack.agent.conformance.composition import Endpoint, held_to_its_rate, held_to_its_size
from l9stack.agent.operations import Operation
from l9stack.agent.testing._agent import ServedAgent

__all__ = ["FACTS", "Fields", "Promises", "field_facts", "models", "surface"]

Fields = Mapping[str, Mapping[str, Any]]
"""Each field as clients are told of it."""
_BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")
FACTS = ("required", "type", "choices", "default", "description", *_BOUNDS)
"""What is compared of a field."""


async def models(
    checks: Checks,
    agent: ServedAgent,
    requests: Mapping[str, Fields],
    responses: Mapping[str, Fields],
    imported: Collection[str] = (),
) -> None:
    """Every operation is there with its fields, by which name it is called.

    Of those of `imported`, whose models are somebody's own, only which fields they have is compared.
    """
    with checks.positive("every operation is still there"):
        same([operation.name for operation in agent.definition.operations], list(requests))
    for name in requests:
        with checks.part(name):
            found = agent.definition.operation(name)
            assert isinstance(found, Operation)
            kept = ("required",) if name in imported else FACTS
            with checks.positive("its request keeps its fields"):
                same(field_facts(found.request_model, kept), dict(requests[name]))
            with checks.positive("its response keeps its fields"):
                same(field_facts(found.response_model, kept), dict(responses[name]))
            with checks.positive("it is called by its name"):
                holds((await agent.call(name, {"undeclared_field": 1})).status != 404, "nothing is there")


def field_facts(model: Any, kept: Collection[str]) -> dict[str, dict[str, Any]]:
    """Whether a caller has to give a field, its type, bounds, choices, default and meaning."""
    schema, found = model.model_json_schema(), {}
    for name, told in schema["properties"].items():
        whole = {**next(iter(told.get("anyOf", [])), {}), **told, "required": name in schema.get("required", [])}
        items = whole.get("items", whole)
        if choices := items.get("enum", [items["const"]] if "const" in items else []):
            whole["choices"] = choices
        found[name] = {key: value for key, value in whole.items() if key in kept}
    return found


@dataclass(frozen=True, slots=True)
class Promises:
    """What callers rely on beside the models: endpoints, open pages, messages, people, rules, memory and limits.

    `rules` are comparisons by rule; `working` is keyspace and lifetime in seconds of working memory, if any.
    """

    endpoints: Sequence[Endpoint]
    pages: Sequence[str]
    packet_types: Mapping[str, str]
    publishes: Sequence[str]
    anchors: Sequence[str]
    rules: Mapping[str, Sequence[tuple[str, str, float]]]
    layers: Sequence[str]
    rate: str
    max_payload_bytes: int
    working: tuple[str, int] | None = None


async def surface(checks: Checks, agent: ServedAgent, promised: Promises) -> None:
    """All of that is as it was written down when the agent was generated."""
    found = agent.definition
    paths = (await agent.get("/openapi.json")).json()["paths"]
    for method, path, operation in promised.endpoints:
        with checks.positive(f"{method} {path} is described"):
            holds(paths[path][method.lower()]["operationId"].startswith(operation), f"not as {operation}")
    for page in promised.pages:
        with checks.positive(f"{page} is open, and tells who answers"):
            reply = await agent.get(page)
            same((reply.status_code, reply.json()["agent"]), (200, found.id))
    with checks.positive("packet types keep their operations"):
        same(dict(found.packet_types), dict(promised.packet_types))
    with checks.positive("events keep their names"):
        same(list(found.publishes), list(promised.publishes))
    with checks.positive("the same people decide"):
        same(list(found.governance.anchors), list(promised.anchors))
    with checks.positive("the same rules escalate"):
        rules = {r.name: [(c.field, c.operator, c.number) for c in r.comparisons] for r in found.governance.rules}
        same(rules, {name: list(parts) for name, parts in promised.rules.items()})
    with checks.positive("memory keeps its layers"):
        same(sorted(found.memory.layers()), list(promised.layers))
    if promised.working is not None:
        with checks.positive("working memory keeps its keyspace and lifetime"):
            working = found.memory.working
            same((working.keyspace, working.ttl_seconds) if working else None, promised.working)
    await held_to_its_size(checks, agent, promised.max_payload_bytes)
    await held_to_its_rate(checks, agent, promised.rate)
