"""Settings as documents tell them: who won, what they reach, and which variables override them."""

from __future__ import annotations

import json
import re
from collections.abc import Container
from dataclasses import dataclass

from l9stack.model.plan import AgentPlan, Setting
from l9stack.rendering.code.settings import config_fields, prefix
from l9stack.rendering.documents.examples import compact_json

_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True, slots=True)
class SettingDoc:
    """A resolved setting; `value` is JSON, `file` the place without its line, so that a moved line changes nothing."""

    name: str
    value: str
    source: str
    file: str
    reaches: str


_ADDRESSES = {
    "memory.archive.bucket": "L9_ARCHIVE_BUCKET",
    "memory.hypergraph.url": "L9_HYPERGRAPH_URL",
    "memory.neo4j.url": "L9_NEO4J_URL",
    "memory.postgres.url": "L9_POSTGRES_URL",
    "memory.redis.url": "L9_REDIS_URL",
}
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_REACHES = (
    ("governance.shared_triggers", "the policy in the generated code, beside the schema's own triggers"),
    ("governance.", "the policy in the generated code"),
    ("limits.", "the limits in the generated code"),
    ("logging.level", "the unified config, read at start"),
    ("memory.redis.ttl_seconds", "working memory, where a layer names no TTL"),
    ("memory.redis.keyspace_prefix", "working memory, where a layer names no keyspace"),
    ("communication.protocol", "what `/packets` asks for, and what agents send to each other"),
    ("communication.max_retries", "the unified config, read at start"),
    ("logging.", "the unified config"),
    ("monitoring.", "the unified config, and the collection's dashboards and alert rules"),
)


def settings(agent: AgentPlan) -> tuple[SettingDoc, ...]:
    """Every setting that reaches the agent, with who won; passwords in addresses are left out."""
    module = agent.module_of("config")
    own = {field.origin.removeprefix("setting ") for field in config_fields(agent, module)} if module else set()
    return tuple(
        SettingDoc(
            name=setting.name,
            value=_PASSWORD.sub("…@", json.dumps(setting.value, ensure_ascii=False)),
            source=setting.source,
            file=setting.place.file if setting.place else agent.spec.place.file if setting.source == "schema" else "",
            reaches=reaches(setting, own),
        )
        for setting in agent.settings
    )


def reaches(setting: Setting, own: Container[str] = ()) -> str:
    """Where a setting takes effect, in words; `own` are those of the agent's config module."""
    if variable := _ADDRESSES.get(setting.name):
        named = set(_VARIABLE.findall(str(setting.value)))
        if named - {variable}:
            return "the unified config; the process connects there"
        return (
            f"`{variable}`" if named else f"the unified config; the process connects there, unless `{variable}` is set"
        )
    return next(
        (text for start, text in _REACHES if setting.name.startswith(start)),
        "the agent's config module" if setting.name in own else "kept with the schema; no module reads it",
    )


@dataclass(frozen=True, slots=True)
class VariableDoc:
    """A typed setting of the agent's config module."""

    name: str
    variable: str
    type: str
    value: str
    origin: str
    allowed: str


def variables(agent: AgentPlan) -> tuple[VariableDoc, ...]:
    """The fields of the config module with the variables that override them; none without such a module."""
    module = agent.module_of("config")
    found = []
    for field in config_fields(agent, module) if module else ():
        allowed = f"at least {field.minimum}" if field.minimum is not None else ""
        variable = f"{prefix(agent)}_{field.name}".upper()
        found.append(VariableDoc(field.name, variable, field.type, compact_json(field.value), field.origin, allowed))
    return tuple(found)
