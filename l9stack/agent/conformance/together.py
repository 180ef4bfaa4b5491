"""The agents of a collection beside each other."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from l9stack.agent.conformance._checks import Checks, holds, same
from l9stack.agent.testing._agent import ServedAgent
from l9stack.agent.testing._traces import notifications

__all__ = ["Agents", "deciding", "manifests", "serving"]

Agents = Mapping[str, ServedAgent]
"""Served agents by id."""


async def serving(checks: Checks, agents: Agents) -> None:
    """Each agent is ready, describes itself, and takes packets of another one by that one's own token alone."""
    for name, agent in agents.items():
        with checks.part(name):
            with checks.positive("it is alive, and ready with its backends"):
                same((await agent.get("/health")).json()["agent"], name)
                same((await agent.get("/ready")).status_code, 200)
            with checks.positive("its card lists each operation, and OpenAPI each endpoint"):
                card = (await agent.get("/.well-known/agent-card.json")).json()
                same([skill["id"] for skill in card["skills"]], [item.name for item in agent.definition.operations])
                paths = (await agent.get("/openapi.json")).json()["paths"]
                described = {(path, method) for path, methods in paths.items() for method in methods}
                absent = {(route.path, route.method.lower()) for route in agent.definition.routes} - described
                holds(not absent, f"not described: {sorted(absent)}")
            for other in agents:
                if other != name:
                    with checks.negative(f"{other} sends no packet in its name"):
                        refused = await agent.packet({"operation": "any"}, other, source_agent=name)
                        same((refused.status, refused.body.get("code")), (403, "not-the-sender"))


async def deciding(checks: Checks, agents: Agents, anchors: Mapping[str, Sequence[str]]) -> None:
    """An escalation waits at the agent that opened it, is told to each of its anchors, and is found nowhere else."""
    for name, agent in agents.items():
        with checks.part(name):
            trace_id = str(uuid.uuid4())
            decision_id = await agent.runtime.governor.open("any", {"of": name}, "a person asks", trace_id)
            with checks.positive("its anchors are those of the schema"):
                same(list(agent.definition.governance.anchors), list(anchors[name]))
            for anchor in anchors[name]:
                with checks.positive(f"{anchor} is told"):
                    heard = await notifications(agent.memory, anchor, trace_id)
                    same([(entry["agent"], entry["decision_id"]) for entry in heard], [(name, decision_id)])
            for other in agents:
                side = checks.positive if other == name else checks.negative
                with side(f"the decision is {'' if other == name else 'not '}found at {other}"):
                    found = await agents[other].get(f"/decisions/{decision_id}", "operator")
                    same(found.status_code, 200 if other == name else 404)
            with checks.positive("an anchor's word closes it"):
                decided = await agent.decide(decision_id, "block")
                same((decided.status, decided.body.get("status")), (200, "BLOCKED"))
                closed = (await agent.get(f"/decisions/{decision_id}", "operator")).json()
                same(closed["approver"], anchors[name][0])


def manifests(checks: Checks, names: Sequence[str], folder: Path, code: Path) -> None:
    """Manifests name files that exist and connections that somebody answers, and no two agents share a place."""
    found = {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in names}
    for name, manifest in found.items():
        with checks.part(name):
            with checks.positive("code and tests are where its manifest says"):
                same(manifest["agent"], name)
                holds(manifest["artifacts"]["code"], "it names no code")
                paths = [code / path.removeprefix("code/") for path in manifest["artifacts"]["code"]]
                paths += [folder.parent / path for path in manifest["artifacts"]["tests"]]
                same([str(path) for path in paths if not path.is_file()], [], "files that are not there")
            with checks.positive("what it calls within the collection, another one answers"):
                for call in manifest["calls"]:
                    if not call["external"]:
                        holds(set(call["names"]) <= _answered(found[call["to"]]), f"{call['to']} does not: {call}")
            with checks.negative("no endpoint leads to two operations"):
                _apart([(route["method"], route["path"]) for route in manifest["routes"]])
    with checks.negative("no two agents share a package"):
        _apart([manifest["package"] for manifest in found.values()])
    with checks.negative("no two agents share a keyspace of working memory"):
        layers = [layer for manifest in found.values() for layer in manifest["memory"]["layers"]]
        _apart([layer["keyspace"] for layer in layers if layer["kind"] == "working"])


def _answered(peer: Mapping[str, Any]) -> set[str]:
    return {*(item["name"] for item in peer["operations"]), *peer["packet_types"]}


def _apart(things: Sequence[object]) -> None:
    same(sorted(map(str, set(things))), sorted(map(str, things)))
