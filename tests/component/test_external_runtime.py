"""Backends and agents that somebody else runs: addresses are secrets, and are shown without credentials."""

from __future__ import annotations

import json

import pulumi
import pytest

from l9stack.errors import InputError, ServiceError
from l9stack.infra.providers.service import ExternalServiceProvider, address
from tests.component.conftest import Deploy
from tests.component.recording import SECRET, World
from tests.component.test_local_runtime import AGENTS

URLS = {
    "redis": "rediss://user:red-word@cache.example.com:6380/0",
    "postgres": "postgresql://user:post-word@db.example.com/l9?sslmode=require",
    "neo4j": "neo4j+s://user:graph-word@graph.example.com/neo4j",
    "archive": "s3://claims/archive",
}
SHOWN = {
    "redis": "cache.example.com:6380",
    "postgres": "db.example.com:5432",
    "neo4j": "graph.example.com:7687",
    "archive": "s3://claims/archive",
}
ENDPOINTS = {agent: f"https://{agent.replace('_', '-')}.example.com/" for agent in AGENTS}


def secrets(urls: dict[str, str]) -> dict[str, pulumi.Output[str]]:
    return {name: pulumi.Output.secret(url) for name, url in urls.items()}


def plain(urls: dict[str, str]) -> dict[str, pulumi.Output[str]]:
    return {name: pulumi.Output.from_input(url) for name, url in urls.items()}


@pytest.fixture(scope="module")
def world(deploy: Deploy) -> World:
    return deploy("prod", runtime="external", backends=plain(URLS), endpoints=ENDPOINTS)


def test_backends_are_reached_by_secret_urls_and_nothing_is_run(world: World) -> None:
    names = world.names()
    assert names["ExternalService"] == {f"claims_desk-{name}" for name in URLS}
    assert not {"Service", "Agent", "Container", "Password"} & names.keys()
    for name, url in URLS.items():
        found = world[f"ExternalService claims_desk-{name}"]
        assert found.inputs == {"service": name, "url": SECRET} and found.secrets == {"url": url}
        assert found.secret_outputs == {"url"} and found.parent == "Backends claims_desk-backends"
    everything = json.dumps([dict(found.inputs) for found in world.resources.values()]) + json.dumps(world.outputs)
    assert "-word" not in everything and "rediss" not in everything


def test_agents_are_asked_for_their_health_where_they_run(world: World) -> None:
    for agent in AGENTS:
        found = world[f"HealthCheck claims_desk-{agent}-health"]
        assert found.inputs["endpoint"] == ENDPOINTS[agent].rstrip("/") and found.inputs["path"] == "/health"
        assert world.outputs["Stack claims_desk"]["agents"][agent]["endpoint"] == ENDPOINTS[agent].rstrip("/")


@pytest.mark.parametrize(
    ("settings", "command"),
    [
        ({"backends": {}}, "pulumi config set --secret --path 'l9stack:backends.redis' URL"),
        ({"endpoints": {}}, "pulumi config set --path 'l9stack:endpoints.claim_intake' URL"),
    ],
)
def test_an_address_that_is_not_given_is_told_with_the_command_that_gives_it(
    deploy: Deploy, settings: dict[str, dict[str, str]], command: str
) -> None:
    whole = {"backends": plain(URLS), "endpoints": ENDPOINTS} | settings
    with pytest.raises(InputError) as caught:
        deploy("prod", runtime="external", **whole)
    (problem,) = caught.value.problems
    assert (problem.code, problem.hint) == ("no-address", command)


def test_a_local_agent_gets_urls_of_others_as_secrets(deploy: Deploy) -> None:
    world = deploy(backends=secrets({"postgres": URLS["postgres"]}))
    found = world["Agent claims_desk-settlement"]
    url = URLS["postgres"]
    assert found.secrets == {"urls.L9_POSTGRES_URL": url, "urls.L9_HYPERGRAPH_URL": url}
    assert found.secret_outputs == {"urls"} and "post-word" not in json.dumps(found.inputs)


@pytest.mark.parametrize("name", sorted(URLS))
def test_an_address_is_shown_without_user_and_password(name: str) -> None:
    assert address(URLS[name]) == SHOWN[name]


def test_a_folder_is_shown_as_a_folder() -> None:
    assert address("file:///srv/archive") == "file:///srv/archive"


def test_a_backend_that_does_not_answer_is_named_without_its_password() -> None:
    url = "redis://:red-word@127.0.0.1:1/0"
    with pytest.raises(ServiceError, match=r"redis: no log-in at 127\.0\.0\.1:1: nobody listens there") as caught:
        ExternalServiceProvider().make({"service": "redis", "url": url})
    assert "red-word" not in str(caught.value)
    assert ExternalServiceProvider().observe({"service": "redis", "url": url}) == {"state": "nobody listens there"}


def test_containers_can_use_backends_that_are_all_somebody_elses(deploy: Deploy) -> None:
    world = deploy("prod", runtime="docker", backends=secrets(URLS))
    assert world.names()["Network"] == {"claims_desk-agents"} and world.names()["Password"] == {"claims_desk-seal"}
    for agent in AGENTS:
        assert [item["name"] for item in world[f"Container claims_desk-{agent}"].inputs["networksAdvanced"]] == [
            "claims_desk-agents-prod"
        ]
