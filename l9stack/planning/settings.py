"""Settings in one order: stack config over answers over glue over meta templates over schema over our defaults."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from l9stack.errors import Place
from l9stack.model.agent import AgentSpec
from l9stack.model.collection import Collection
from l9stack.model.meta import Meta
from l9stack.model.plan import Setting
from l9stack.planning.known_settings import SettingLayer, of_schema

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


def shared_layers(
    collection: Collection, meta: Meta, stack: Mapping[str, JsonValue], stack_places: Mapping[str, Place] | None = None
) -> list[SettingLayer]:
    """What stands above every schema, from the strongest on."""
    answers, glue = collection.answers, collection.glue
    return [
        ("stack", stack, stack_places or {}),
        ("answers", answers.settings, answers.settings_places),
        ("glue", glue.settings, glue.settings_places),
        ("meta", meta.settings, meta.settings_places),
    ]


def resolve(
    collection: Collection,
    meta: Meta,
    stack: Mapping[str, JsonValue],
    schema: Mapping[str, JsonValue],
    schema_places: Mapping[str, Place] | None = None,
    stack_places: Mapping[str, Place] | None = None,
) -> tuple[tuple[Setting, ...], ...]:
    """Every setting, sorted by name: the value that wins, then each that it overrides, from the strongest on."""
    name = collection.name
    defaults = {
        **DEFAULTS,
        "memory.redis.keyspace_prefix": f"l9_{name}",
        "logging.root": f"L9/logs/{name}/",
        "monitoring.dashboards": f"L9/monitoring/{name}/",
    }
    layers: list[SettingLayer] = [
        *shared_layers(collection, meta, stack, stack_places),
        ("schema", schema, schema_places or {}),
        ("default", defaults, {}),
    ]
    names = sorted({key for _, values, _ in layers for key, value in values.items() if value is not None})
    return tuple(
        tuple(
            Setting(name=key, value=values[key], source=source, place=places.get(key))
            for source, values, places in layers
            if values.get(key) is not None
        )
        for key in names
    )


def shared_settings(collection: Collection, meta: Meta, stack: Mapping[str, JsonValue]) -> tuple[Setting, ...]:
    """Settings of the unified config; anchors that no layer sets are those of all schemas together."""
    anchors: list[JsonValue] = []
    for agent in collection.agents:
        anchors.extend(anchor for anchor in agent.governance.anchors if anchor not in anchors)
    return tuple(values[0] for values in resolve(collection, meta, stack, {"governance.anchors": anchors}))


def agent_settings(
    agent: AgentSpec, collection: Collection, meta: Meta, stack: Mapping[str, JsonValue]
) -> tuple[Setting, ...]:
    """Settings that reach one agent: its schema's own values are overridden by every layer above."""
    schema = of_schema(agent)
    return tuple(values[0] for values in resolve(collection, meta, stack, schema))


def trace_settings(
    agent: AgentSpec,
    collection: Collection,
    meta: Meta,
    stack: Mapping[str, JsonValue],
    stack_places: Mapping[str, Place] | None = None,
) -> tuple[tuple[Setting, ...], ...]:
    """Every setting of one agent with all that its value overrides, and with places in schema and stack, too."""
    schema = of_schema(agent)
    whole = agent.places.get("settings", agent.place)
    places = {name: agent.places.get(name, whole) for name in schema}
    return resolve(collection, meta, stack, schema, places, stack_places)
