"""An agent as a whole: what it is composed of, its endpoints, its limits, and the pages that are open to everybody."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l9stack.agent import Limits, Route
from l9stack.agent.conformance._checks import Checks, holds, raising, same
from l9stack.agent.definition import compose
from l9stack.agent.testing._agent import ServedAgent

__all__ = [
    "OPEN",
    "Connections",
    "Endpoint",
    "Identity",
    "PlannedOperation",
    "composed",
    "endpoints",
    "held_to_its_rate",
    "held_to_its_size",
    "limits",
    "manifested",
    "operations",
    "packets",
    "pages",
    "routes",
]

Endpoint = tuple[str, str, str]
"""Method, path and operation."""
OPEN = ("/openapi.json", "/.well-known/agent-card.json", "/status", "/metrics")
"""The pages that anybody may read."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an agent is, as its schema says."""

    id: str
    collection: str
    name: str
    version: str
    role: str


@dataclass(frozen=True, slots=True)
class Connections:
    """What goes in and out of an agent, beside its operations."""

    routes: Sequence[Endpoint] = ()
    packet_types: Mapping[str, str] = dataclasses.field(default_factory=dict)
    calls: Sequence[tuple[str, str, tuple[str, ...]]] = ()
    observes: Sequence[tuple[str, Mapping[str, str]]] = ()
    publishes: tuple[str, ...] = ()


async def composed(checks: Checks, agent: ServedAgent, identity: Identity, connections: Connections) -> None:
    """The served agent is that of the schema, connected as the schema says."""
    found = agent.definition
    for name in ("id", "collection", "name", "version", "role"):
        with checks.positive(f"its {name} is the schema's"):
            same(getattr(found, name), getattr(identity, name))
    with checks.positive("its endpoints are those of the plan"):
        same([(route.method, route.path, route.operation.name) for route in found.routes], list(connections.routes))
    with checks.positive("it takes the packets that it is wired for"):
        same(dict(found.packet_types), dict(connections.packet_types))
    with checks.positive("it calls whom it is wired to"):
        same([(call.to, call.kind, call.names) for call in found.calls], list(connections.calls))
    with checks.positive("it observes what it is wired to"):
        observed = [(item.source, dict(item.events)) for item in found.observes]
        same(observed, [(source, dict(events)) for source, events in connections.observes])
    with checks.positive("it publishes the events of its operations"):
        same(found.publishes, connections.publishes)


@dataclass(frozen=True, slots=True)
class PlannedOperation:
    """What an operation declares about itself; the time limit is in seconds, `publish` an event or empty."""

    summary: str
    criticality: float
    timeout_seconds: float = 10.0
    reusable: bool = False
    publish: str = ""
    bound: bool = True


async def operations(checks: Checks, agent: ServedAgent, declared: Mapping[str, PlannedOperation]) -> None:
    """Its operations are those of the plan, each with its summary, criticality, time limit, reuse and event."""
    found = agent.definition.operations
    with checks.positive("its operations are those of the plan"):
        same([operation.name for operation in found], list(declared))
    for operation in found:
        with checks.positive(f"{operation.name} is declared as planned"):
            facts = dataclasses.asdict(declared[operation.name])
            same({name: getattr(operation, name) for name in facts}, facts)


async def manifested(checks: Checks, agent: ServedAgent, manifests: Path) -> None:
    """Code and manifest describe one agent."""
    with checks.positive("code and manifest describe one agent"):
        path = manifests / f"{agent.definition.id}.json"
        same(compose(json.loads(path.read_text(encoding="utf-8"))), agent.definition)


async def pages(checks: Checks, agent: ServedAgent, health: Sequence[str]) -> None:
    """Health, readiness, description, status and metrics are open; packets and decisions are not."""
    for path in ("/health", *health):
        with checks.positive(f"{path} names the agent"):
            reply = await agent.get(path)
            same((reply.status_code, reply.json()["agent"]), (200, agent.definition.id))
    with checks.positive("it is ready with its backends"):
        reply = await agent.get("/ready")
        same((reply.status_code, set(reply.json()["backends"].values()) - {"ok"}), (200, set()))
    for path in OPEN:
        with checks.positive(f"{path} is open"):
            same((await agent.get(path)).status_code, 200)
    with checks.negative("/decisions needs a token"):
        same((await agent.get("/decisions")).status_code, 401)
    with checks.negative("/packets needs a good token"):
        reply = await agent.post("/packets", {}, headers={"authorization": "Bearer none"})
        same(reply.status_code, 401)


async def packets(checks: Checks, agent: ServedAgent, required: Sequence[str]) -> None:
    """A packet that is not for this agent, names nobody that is known, or lacks a field is refused."""
    for reply, way in (
        (await agent.call("no_such_operation", {}), "by name"),
        (await agent.packet({"operation": "no_such_operation"}), "by packet"),
    ):
        with checks.negative(f"an operation that it does not have is refused {way}"):
            same((reply.status, reply.body.get("code")), (404, "unknown-operation"))
    for field in ("destination_agent", "source_agent"):
        with checks.negative(f"somebody else as {field} is refused"):
            somebody: dict[str, Any] = {field: "somebody_else"}
            reply = await agent.packet({"operation": "any"}, **somebody)
            same((reply.status, reply.body.get("code")), (404, "unknown-agent"))
    for name in required:
        with checks.negative(f"a packet without {name} is refused"):
            absent: dict[str, Any] = {name: None}
            reply = await agent.packet({"operation": "any"}, **absent)
            same((reply.status, reply.body.get("code")), (400, "invalid-packet"))


async def routes(checks: Checks, agent: ServedAgent, found: Sequence[Route], listed: Sequence[Endpoint]) -> None:
    """The routes of a module are those of the schema, and the agent serves each of them."""
    with checks.positive("the routes are those of the schema"):
        same([(route.method, route.path, route.operation.name) for route in found], list(listed))
    with checks.positive("the agent serves each of them"):
        holds(set(found) <= set(agent.definition.routes), "one of them is not served")
    with checks.positive("each leads to the operation that the agent runs"):
        same([agent.definition.operation(route.operation.name) for route in found], [r.operation for r in found])
    await endpoints(checks, agent, listed)


async def endpoints(checks: Checks, agent: ServedAgent, listed: Sequence[Endpoint]) -> None:
    """Each endpoint is described, guarded, and there for its own method alone; other paths are not there."""
    paths = (await agent.get("/openapi.json")).json()["paths"]
    served = {(route.method, route.path) for route in agent.definition.routes}
    served |= {(route.method, route.path) for route in agent.definition.builtin_routes}
    size = agent.definition.limits.max_payload_bytes
    for method, path, operation in listed:
        with checks.part(f"{method} {path}"):
            with checks.positive("it is described"):
                holds(paths[path][method.lower()]["operationId"].startswith(operation), f"not as {operation}")
            if method not in ("GET", "POST") or "{" in path:
                continue
            with checks.negative("it needs a token"):
                same((await agent.request(method, path, principal=None)).status_code, 401)
            other = "GET" if method == "POST" else "POST"
            if (other, path) not in served:
                with checks.negative(f"it is not there for {other}"):
                    same((await agent.request(other, path)).status_code, 405)
            if method == "POST":
                with checks.negative("a body over the limit is refused"):
                    same((await agent.post(path, {"text": "x" * size})).status_code, 413)
    for path in ("/no/such/endpoint", "/", f"/{agent.definition.id}", "/api"):
        if not any(known == path for _, known in served):
            for method in ("GET", "POST"):
                with checks.negative(f"{method} {path} is not there"):
                    same((await agent.request(method, path)).status_code, 404)


async def limits(checks: Checks, agent: ServedAgent, found: Limits, declared: Limits) -> None:
    """The limits are those of the settings; the agent is held to them, and nobody lifts them."""
    for name in ("rate", "max_payload_bytes"):
        with checks.positive(f"its {name} is that of the settings"):
            same(getattr(found, name), getattr(declared, name))
        with checks.negative(f"nobody changes its {name}"), raising(dataclasses.FrozenInstanceError):
            setattr(found, name, 1)
    with checks.positive("the agent declares these limits"):
        same(agent.definition.limits, found)
    await held_to_its_size(checks, agent, declared.max_payload_bytes)
    await held_to_its_rate(checks, agent, declared.rate)


async def held_to_its_size(checks: Checks, agent: ServedAgent, size: int) -> None:
    """A body up to the size is read, and a longer one is not."""
    names = [operation.name for operation in agent.definition.operations][:2]
    for path in ("/packets", *(f"/operations/{name}" for name in ("any", *names))):
        with checks.negative(f"{path} refuses a body over the limit"):
            reply = await agent.post(path, {"text": "x" * size})
            same((reply.status_code, reply.json().get("code")), (413, "too-large"))


async def held_to_its_rate(checks: Checks, agent: ServedAgent, rate: str) -> None:
    """A caller who has used up the rate of an operation is refused there, and nobody else is."""
    with checks.positive("its rate is the declared one"):
        same(agent.definition.limits.rate, rate)
    if not agent.definition.operations:
        return
    name = agent.definition.operations[0].name
    async with agent.at_its_rate():
        await agent.use_up(name, "operator")
        with checks.negative("a call over the rate is refused"):
            reply = await agent.call(name, {})
            same((reply.status, reply.body.get("code")), (429, "rate-limited"))
        with checks.positive("another caller is not held to it"):
            other = await agent.post(f"/operations/{name}", {}, "anchor:Somebody")
            holds(other.status_code != 429, "another caller is refused")
        with checks.positive("another operation is not held to it"):
            same((await agent.call("no_such_operation", {})).status, 404)
        for path in ("/health", "/ready"):
            with checks.positive(f"{path} is answered whatever the rate"):
                same((await agent.request("GET", path)).status_code, 200)
