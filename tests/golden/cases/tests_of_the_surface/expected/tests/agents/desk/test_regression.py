"""What callers of Desk rely on: a change here is a change for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Container
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, serving

REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "weigh": {
        "amount": {"required": True, "type": "number", "minimum": 0, "maximum": 900},
        "place": {"required": True, "type": "string", "maxLength": 20},
    }
}
RESPONSES: dict[str, dict[str, dict[str, Any]]] = {
    "weigh": {
        "amount": {"required": True, "type": "number", "minimum": 0, "maximum": 900},
        "place": {"required": True, "type": "string", "maxLength": 20},
    }
}
BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")
TOLD = ("required", "type", "choices", "default", "description", *BOUNDS)
ENDPOINTS: list[tuple[str, str, str]] = [("POST", "/desk/weigh", "weigh")]
PAGES: list[str] = ["/health", "/status"]
RULES: dict[str, list[tuple[str, str, float]]] = {}
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends."""
    async with serving(l9_manifests / "desk.json", l9_code, l9_backends) as served:
        yield served


def _fields(model: Any, kept: Container[str]) -> dict[str, dict[str, Any]]:
    """Each field as clients are told of it: whether they have to give it, type, bounds, choices, default, meaning."""
    schema, found = model.model_json_schema(), {}
    for name, told in schema["properties"].items():
        whole = {**next(iter(told.get("anyOf", [])), {}), **told, "required": name in schema.get("required", [])}
        items = whole.get("items", whole)
        if choices := items.get("enum", [items["const"]] if "const" in items else []):
            whole["choices"] = choices
        found[name] = {key: value for key, value in whole.items() if key in kept}
    return found


async def test_regression_every_operation_is_still_there(agent: ServedAgent) -> None:
    """Callers name them."""
    assert [operation.name for operation in agent.definition.operations] == list(REQUESTS)


@pytest.mark.parametrize("name", list(REQUESTS))
async def test_regression_requests_keep_their_fields(agent: ServedAgent, name: str) -> None:
    """A field that callers leave out, or send, stays as it is, with what may stand in it."""
    found = agent.definition.operation(name)
    assert found is not None
    assert _fields(found.request_model, TOLD) == REQUESTS[name]


@pytest.mark.parametrize("name", list(RESPONSES))
async def test_regression_responses_keep_their_fields(agent: ServedAgent, name: str) -> None:
    """A field that callers read stays as it is, with what may stand in it."""
    found = agent.definition.operation(name)
    assert found is not None
    assert _fields(found.response_model, TOLD) == RESPONSES[name]


@pytest.mark.parametrize("name", list(REQUESTS))
async def test_regression_operations_are_called_by_their_name(agent: ServedAgent, name: str) -> None:
    """A call is answered by it, whatever it says of the arguments, and not told that nothing is there."""
    assert (await agent.call(name, {"undeclared_field": 1})).status != 404


async def test_regression_the_endpoints_are_described(agent: ServedAgent) -> None:
    """Clients are made of the description: each endpoint has its method and operation in it."""
    paths = (await agent.get("/openapi.json")).json()["paths"]
    for method, path, operation in ENDPOINTS:
        assert paths[path][method.lower()]["operationId"].startswith(operation)


async def test_regression_a_body_over_the_limit_is_refused(agent: ServedAgent) -> None:
    """Bodies up to 1048576 bytes are read."""
    reply = await agent.post("/packets", {"text": "x" * 1048576})
    assert reply.status_code == 413


async def test_regression_calls_over_the_rate_are_refused(
    l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path
) -> None:
    """600/minute of one operation by one caller; the other tests are served without that limit."""
    async with serving(l9_manifests / "desk.json", l9_code, l9_backends, limited=True) as agent:
        assert agent.definition.limits.rate == "600/minute"
        await agent.use_up("weigh")
        over = await agent.call("weigh", {})
        assert (over.status, over.body["code"]) == (429, "rate-limited")
        assert (await agent.call("no_such_operation", {})).status == 404


@pytest.mark.parametrize("page", PAGES)
async def test_regression_open_pages_answer(agent: ServedAgent, page: str) -> None:
    """Probes ask them without a token."""
    reply = await agent.get(page)
    assert (reply.status_code, reply.json()["agent"]) == (200, "desk")


async def test_regression_messages_keep_their_names(agent: ServedAgent) -> None:
    """Packet types that it takes, and events that it publishes."""
    assert dict(agent.definition.packet_types) == {}
    assert list(agent.definition.publishes) == []


async def test_regression_the_same_people_decide(agent: ServedAgent) -> None:
    """Anchors, in their order."""
    assert list(agent.definition.governance.anchors) == ["Ada"]


async def test_regression_the_same_rules_escalate(agent: ServedAgent) -> None:
    """Each rule with its comparisons."""
    rules = agent.definition.governance.rules
    found = {rule.name: [(part.field, part.operator, part.number) for part in rule.comparisons] for rule in rules}
    assert found == RULES


async def test_regression_memory_keeps_its_layers(agent: ServedAgent) -> None:
    """What was recorded is found where it was."""
    memory = agent.definition.memory
    assert sorted(memory.layers()) == []
