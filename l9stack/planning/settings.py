"""Settings in one order: stack config over answers over glue over meta templates over schema over our defaults."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from l9stack.errors import Place
from l9stack.model.agent import AgentSpec
from l9stack.model.collection import Collection
from l9stack.model.meta import Meta
from l9stack.model.plan import Setting

DEFAULTS: dict[str, JsonValue] = {
    "communication.protocol": "PacketEnvelope",
    "communication.max_retries": 3,
    "governance.mode": "hybrid",
    "governance.timeout_seconds": 86400,
    "governance.unbound_operations": "escalate",
    "limits.max_payload_bytes": 1 << 20,
    "limits.rate": "600/minute",
    "logging.level": "INFO",
    "memory.archive.bucket": "${L9_ARCHIVE_BUCKET}",
    "memory.hypergraph.url": "${L9_HYPERGRAPH_URL}",
    "memory.neo4j.url": "${L9_NEO4J_URL}",
    "memory.postgres.url": "${L9_POSTGRES_URL}",
    "memory.redis.ttl_seconds": 3600,
    "memory.redis.url": "${L9_REDIS_URL}",
    "monitoring.enabled": True,
}


def _layers(
    collection: Collection, meta: Meta, stack: Mapping[str, JsonValue]
) -> list[tuple[str, Mapping[str, JsonValue]]]:
    return [
        ("stack", stack),
        ("answers", collection.answers.settings),
        ("glue", collection.glue.settings),
        ("meta", meta.settings),
    ]


def _place(source: str, name: str, collection: Collection, meta: Meta) -> Place | None:
    places = {
        "answers": collection.answers.settings_places,
        "glue": collection.glue.settings_places,
        "meta": meta.settings_places,
    }.get(source, {})
    return places.get(name)


def resolve(
    collection: Collection, meta: Meta, stack: Mapping[str, JsonValue], schema: Mapping[str, JsonValue]
) -> tuple[Setting, ...]:
    """Every setting with the value that wins and where it comes from, sorted by name."""
    name = collection.name
    defaults = {
        **DEFAULTS,
        "memory.redis.keyspace_prefix": f"l9_{name}",
        "logging.root": f"L9/logs/{name}/",
        "monitoring.dashboards": f"L9/monitoring/{name}/",
    }
    layers = [*_layers(collection, meta, stack), ("schema", schema), ("default", defaults)]
    names = sorted({key for _, values in layers for key, value in values.items() if value is not None})
    settings = []
    for key in names:
        source, values = next((source, values) for source, values in layers if values.get(key) is not None)
        place = _place(source, key, collection, meta)
        settings.append(Setting(name=key, value=values[key], source=source, place=place))
    return tuple(settings)


def shared(collection: Collection, meta: Meta, stack: Mapping[str, JsonValue]) -> tuple[Setting, ...]:
    """Settings of the unified config; anchors that no layer sets are those of all schemas together."""
    anchors: list[JsonValue] = []
    for agent in collection.agents:
        anchors.extend(anchor for anchor in agent.governance.anchors if anchor not in anchors)
    return resolve(collection, meta, stack, {"governance.anchors": anchors})


def of_agent(
    agent: AgentSpec, collection: Collection, meta: Meta, stack: Mapping[str, JsonValue]
) -> tuple[Setting, ...]:
    """Settings that reach one agent: its schema's own values are overridden by every layer above."""
    schema: dict[str, JsonValue] = {
        "governance.anchors": list(agent.governance.anchors),
        "governance.mode": agent.governance.mode,
        **agent.settings,
    }
    return resolve(collection, meta, stack, schema)
