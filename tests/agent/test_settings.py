"""What an agent takes from its environment and from the unified config."""

import json
from pathlib import Path

import pytest
from agent_desk import MEMORY, Claim, judgement

from l9stack.agent import MemoryDeclaration, SemanticLayer
from l9stack.agent._calls.context import takes_context
from l9stack.agent._security import keys
from l9stack.agent._serving.main import from_environ
from l9stack.agent.backends import BackendUrls
from l9stack.agent.config import UnifiedConfig
from l9stack.agent.memory._memory import Memory

NAMED = {
    "redis": {"url": "${YOUR_REDIS_URL}"},
    "postgres": {"url": "${L9_POSTGRES_URL}"},
    "neo4j": {"url": "${L9_NEO4J_URL}"},
    "hypergraph": {"url": "${L9_HYPERGRAPH_URL}"},
    "s3": {"bucket": "s3://${TEAM}-archive"},
}
ENVIRON = {"L9_REDIS_URL": "redis://usual", "L9_POSTGRES_URL": "postgresql://usual", "YOUR_REDIS_URL": "redis://yours"}
NONE = MemoryDeclaration()


def config(environ, backends=NAMED):
    return UnifiedConfig.of({"memory_backends": backends}, environ)


def test_an_agent_without_layers_needs_redis_and_postgres_only():
    urls = BackendUrls.of_agent(NONE, UnifiedConfig(), ENVIRON)
    assert (urls.redis, urls.postgres, urls.neo4j, urls.archive) == ("redis://usual", "postgresql://usual", "", "")


def test_every_missing_variable_is_named_with_what_it_is_for():
    with pytest.raises(KeyError, match=r"L9_REDIS_URL for redis; L9_POSTGRES_URL for postgres; L9_NEO4J_URL for neo4j"):
        BackendUrls.of_agent(MemoryDeclaration(semantic=SemanticLayer()), UnifiedConfig(), {"L9_REDIS_URL": ""})
    with pytest.raises(KeyError) as missing:
        BackendUrls.of_agent(MEMORY, UnifiedConfig(), ENVIRON)
    assert all(name in str(missing.value) for name in ("L9_NEO4J_URL", "L9_HYPERGRAPH_URL", "L9_ARCHIVE_BUCKET"))


def test_the_config_names_the_backends_by_variables_of_its_own():
    urls = BackendUrls.of_agent(NONE, config(ENVIRON), ENVIRON)
    assert (urls.redis, urls.postgres) == ("redis://yours", "postgresql://usual")
    whole = {**ENVIRON, "L9_NEO4J_URL": "bolt://n", "L9_HYPERGRAPH_URL": "postgresql://h", "TEAM": "desk"}
    urls = BackendUrls.of_agent(MEMORY, config(whole), whole)
    assert (urls.neo4j, urls.hypergraph, urls.archive) == ("bolt://n", "postgresql://h", "s3://desk-archive")


def test_the_stacks_own_servers_come_before_addresses_that_are_written_out():
    written = {"redis": {"url": "redis://cache:6379"}, "postgres": {"url": "postgresql://db/l9"}}
    urls = BackendUrls.of_agent(NONE, config({}, written), {"L9_REDIS_URL": "redis://usual"})
    assert (urls.redis, urls.postgres) == ("redis://usual", "postgresql://db/l9")


def test_a_variable_of_the_config_that_is_not_set_is_no_reason_to_use_another_server():
    environ = {name: value for name, value in ENVIRON.items() if name != "YOUR_REDIS_URL"}
    for unset in (environ, {**environ, "YOUR_REDIS_URL": ""}):
        with pytest.raises(KeyError, match="for redis"):
            BackendUrls.of_agent(NONE, config(unset), unset)


@pytest.fixture
def environ(tmp_path, l9_backends):
    """The environment of an agent without layers, as a deployment gives it, with servers under names of its own."""
    manifest = {
        "agent": "plain", "collection": "library", "name": "Plain", "role": "None.", "version": "1", "operations": [],
        "memory": {"layers": []}, "routes": [], "builtin_routes": [], "packet_types": {}, "calls": [], "observes": [],
        "publishes": [], "limits": {"rate": "600/minute", "max_payload_bytes": 1000},
        "governance": {
            "anchors": ["Ada"], "rules": [], "triggers": [], "audit_scope": [], "mode": "hybrid", "unbound": "escalate",
            "human_override": True, "timeout_seconds": 60,
        },
    }  # fmt: skip
    (tmp_path / "plain.json").write_text(json.dumps(manifest))
    (tmp_path / "library_config.yaml").write_text(
        "memory_backends:\n  redis: {url: '${YOUR_REDIS_URL}'}\n  postgres: {url: '${L9_POSTGRES_URL}'}\n"
        "  neo4j: {url: '${L9_NEO4J_URL}'}\ncommunication: {max_retries: 7}\nlogging: {level: ERROR}\n"
    )
    keys.ensure_keys(tmp_path / "keys", ["agent:plain"])
    return {
        "L9_MANIFEST": str(tmp_path / "plain.json"),
        "L9_CODE": str(tmp_path),
        "L9_CONFIG": str(tmp_path / "library_config.yaml"),
        "L9_KEYS": str(tmp_path / "keys"),
        "L9_REDIS_URL": "redis://127.0.0.1:9/0",
        "L9_POSTGRES_URL": l9_backends.postgres,
        "YOUR_REDIS_URL": l9_backends.redis,
    }


async def test_an_agent_starts_with_what_config_and_environment_say(environ):
    assembled = from_environ(environ)
    memory: Memory = assembled.runtime.memory
    try:
        assert await memory.probe() == {"redis": "ok", "postgres": "ok"}
        assert assembled.runtime.transport.max_retries == 7
    finally:
        await assembled.runtime.transport.close()
        await memory.close()


def test_an_agent_does_not_start_without_a_backend_or_with_a_setting_that_is_none(environ):
    with pytest.raises(KeyError, match="YOUR_REDIS_URL for redis"):
        from_environ({name: value for name, value in environ.items() if name != "YOUR_REDIS_URL"})
    file = Path(environ["L9_CONFIG"])
    for wrong in ("-1", "many", "1.5", "true"):
        file.write_text(file.read_text().replace("max_retries: 7", f"max_retries: {wrong}"))
        with pytest.raises(ValueError, match=r"communication\.max_retries"):
            from_environ(environ)
        file.write_text(file.read_text().replace(f"max_retries: {wrong}", "max_retries: 7"))


def test_a_function_takes_the_context_where_it_has_a_place_for_it():
    def request_only(request): ...
    def with_default(request, share=0.5): ...
    def with_context(request, context=None): ...
    def second(request, call): ...
    def keyword(request, *, share=0.5): ...

    assert [takes_context(f) for f in (request_only, with_default, keyword, dict, Claim)] == [False] * 5
    assert [takes_context(f) for f in (with_context, second, judgement)] == [True] * 3
