"""The agents of every_behaviour beside each other."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving_together, told

GROUPS: list[list[str]] = [["tariff", "toll_gate"]]
ANCHORS: dict[str, list[str]] = {"tariff": ["Road Master", "Ministry"], "toll_gate": ["Road Master"]}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=GROUPS, ids=[names[0] for names in GROUPS])
async def agents(
    request: pytest.FixtureRequest, l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path
) -> AsyncIterator[Mapping[str, ServedAgent]]:
    """Agents beside each other in one namespace."""
    async with serving_together(request.param, l9_manifests, l9_code, l9_backends) as served:
        yield served


@pytest.fixture(scope="module")
def manifests(l9_manifests: Path) -> dict[str, dict[str, Any]]:
    """The manifest of every agent."""
    return {name: json.loads((l9_manifests / f"{name}.json").read_text(encoding="utf-8")) for name in ANCHORS}


async def test_every_agent_is_ready_beside_the_others(agents: Mapping[str, ServedAgent]) -> None:
    """Loaded, served, alive, and each with the backends that it needs."""
    for name, agent in agents.items():
        assert (await agent.get("/health")).json()["agent"] == name
        assert (await agent.get("/ready")).status_code == 200, name


async def test_every_agent_describes_itself(agents: Mapping[str, ServedAgent]) -> None:
    """The agent card lists each operation, and OpenAPI each endpoint."""
    for agent in agents.values():
        card = (await agent.get("/.well-known/agent-card.json")).json()
        assert [skill["id"] for skill in card["skills"]] == [item.name for item in agent.definition.operations]
        paths = (await agent.get("/openapi.json")).json()["paths"]
        assert {(route.path, route.method.lower()) for route in agent.definition.routes} <= {
            (path, method) for path, methods in paths.items() for method in methods
        }


async def test_every_manifest_names_files_that_exist(
    manifests: dict[str, dict[str, Any]], l9_code: Path, l9_manifests: Path
) -> None:
    """Code and tests are where the manifest says."""
    for name, manifest in manifests.items():
        assert manifest["agent"] == name
        assert manifest["artifacts"]["code"], name
        for path in manifest["artifacts"]["code"]:
            assert (l9_code / path.removeprefix("code/")).is_file(), path
        for path in manifest["artifacts"]["tests"]:
            assert (l9_manifests.parent / path).is_file(), path


async def test_every_connection_leads_to_an_operation(manifests: dict[str, dict[str, Any]]) -> None:
    """What one agent calls or sends within the collection, another one answers."""
    for manifest in manifests.values():
        for call in manifest["calls"]:
            if not call["external"]:
                peer = manifests[call["to"]]
                answered = {item["name"] for item in peer["operations"]} | peer["packet_types"].keys()
                assert set(call["names"]) <= answered, (manifest["agent"], call)


async def test_no_two_agents_share_a_place(manifests: dict[str, dict[str, Any]]) -> None:
    """Neither a package nor a key of working memory belongs to two agents."""
    packages = [manifest["package"] for manifest in manifests.values()]
    layers = [layer for manifest in manifests.values() for layer in manifest["memory"]["layers"]]
    keyspaces = [layer["keyspace"] for layer in layers if layer["kind"] == "working"]
    assert len(set(packages)) == len(packages)
    assert len(set(keyspaces)) == len(keyspaces)


async def test_no_agent_routes_one_endpoint_twice(manifests: dict[str, dict[str, Any]]) -> None:
    """A method and a path lead to one operation."""
    for manifest in manifests.values():
        endpoints = [(route["method"], route["path"]) for route in manifest["routes"]]
        assert len(set(endpoints)) == len(endpoints), manifest["agent"]


async def test_an_escalation_is_told_to_each_anchor_of_the_agent(agents: Mapping[str, ServedAgent]) -> None:
    """It waits at the agent that opened it, under the trace of its call, and an anchor's word closes it."""
    for name, agent in agents.items():
        trace_id = str(uuid.uuid4())
        decision_id = await agent.runtime.governor.open("any", {"of": name}, "a person asks", trace_id)
        assert list(agent.definition.governance.anchors) == ANCHORS[name]
        for anchor in ANCHORS[name]:
            heard = await told(agent.memory, anchor, trace_id)
            assert [(entry["agent"], entry["decision_id"]) for entry in heard] == [(name, decision_id)]
        decided = await agent.decide(decision_id, "block")
        assert (decided.status, decided.body["status"]) == (200, "BLOCKED")
        assert (await agent.get(f"/decisions/{decision_id}", "operator")).json()["approver"] == ANCHORS[name][0]


async def test_an_agent_does_not_decide_what_another_one_asked(agents: Mapping[str, ServedAgent]) -> None:
    """A decision is found at the agent that opened it, and nowhere else."""
    for name, agent in agents.items():
        decision_id = await agent.runtime.governor.open("any", {"of": name}, "a person asks", str(uuid.uuid4()))
        for other in agents:
            found = await agents[other].get(f"/decisions/{decision_id}", "operator")
            assert found.status_code == (200 if other == name else 404), (name, other)
        await agent.decide(decision_id, "block")


async def test_agents_know_each_other_by_token(agents: Mapping[str, ServedAgent]) -> None:
    """A packet in the name of another agent needs that agent's own token."""
    for name, agent in agents.items():
        for other in agents:
            if other != name:
                refused = await agent.packet({"operation": "any"}, other, source_agent=name)
                assert (refused.status, refused.body["code"]) == (403, "not-the-sender"), (name, other)
