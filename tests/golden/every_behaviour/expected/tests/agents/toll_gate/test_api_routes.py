"""Endpoints of TollGate as api/routes.py lists them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from l9stack.agent.backends import BackendUrls
from l9stack.agent.testing import ServedAgent, StandIn, serving

from L9.agents.toll_gate.api.routes import ROUTES

LISTED: list[tuple[str, str, str]] = [
    ("POST", "/gate/class_vehicle", "class_vehicle"),
    ("POST", "/gate/pass_through", "pass_through"),
]
pytestmark = pytest.mark.asyncio(loop_scope="module")

PEERS = {"tariff": StandIn()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(l9_backends: BackendUrls, l9_code: Path, l9_manifests: Path) -> AsyncIterator[ServedAgent]:
    """The agent, served in this process with real backends; others are stood in for."""
    async with serving(l9_manifests / "toll_gate.json", l9_code, l9_backends, PEERS) as served:
        yield served


async def test_the_routes_are_those_of_the_schema() -> None:
    """Method, path and operation, in the schema's order."""
    assert [(route.method, route.path, route.operation.name) for route in ROUTES] == LISTED


async def test_the_agent_serves_each_of_these_routes(agent: ServedAgent) -> None:
    """Nothing is lost on the way to the composed agent."""
    assert set(ROUTES) <= set(agent.definition.routes)


async def test_a_route_leads_to_the_operation_that_the_agent_runs(agent: ServedAgent) -> None:
    """The object behind a route is no copy."""
    assert [agent.definition.operation(route.operation.name) for route in ROUTES] == [
        route.operation for route in ROUTES
    ]


@pytest.mark.parametrize("path", ["/no/such/endpoint"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_path_that_nobody_declared_is_not_there(agent: ServedAgent, method: str, path: str) -> None:
    """Unknown paths are answered 404."""
    assert (await agent.request(method, path)).status_code == 404


@pytest.mark.parametrize(("method", "path", "operation"), LISTED)
async def test_the_description_has_the_endpoint(agent: ServedAgent, method: str, path: str, operation: str) -> None:
    """OpenAPI names the path with its method and operation."""
    paths = (await agent.get("/openapi.json")).json()["paths"]
    assert paths[path][method.lower()]["operationId"].startswith(operation)


@pytest.mark.parametrize(("method", "path"), [("POST", "/gate/class_vehicle"), ("POST", "/gate/pass_through")])
async def test_an_endpoint_refuses_a_caller_without_a_token(agent: ServedAgent, method: str, path: str) -> None:
    """A declared endpoint is guarded as the operation is."""
    assert (await agent.request(method, path, principal=None)).status_code == 401


@pytest.mark.parametrize(("method", "path"), [("GET", "/gate/class_vehicle"), ("GET", "/gate/pass_through")])
async def test_an_endpoint_refuses_another_method(agent: ServedAgent, method: str, path: str) -> None:
    """What is declared for one method is not there for another."""
    assert (await agent.request(method, path)).status_code == 405


@pytest.mark.parametrize("path", ["/gate/class_vehicle", "/gate/pass_through"])
async def test_an_endpoint_refuses_a_body_over_the_limit(agent: ServedAgent, path: str) -> None:
    """A body above 1048576 bytes is refused unread."""
    assert (await agent.post(path, {"text": "x" * 1048576})).status_code == 413
