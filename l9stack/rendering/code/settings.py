"""An agent's own config module, and the unified config of the collection."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.model.plan import AgentPlan, ModulePlan, Plan
from l9stack.names import class_name, identifier
from l9stack.rendering.imports import Imports
from l9stack.rendering.quoting import python

_DECLARED = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*:\s*(?P<type>int|float|bool|str)\s*=\s*(?P<value>.+)\Z")
_SECTIONS = ("communication.", "governance.", "limits.", "logging.", "memory.", "monitoring.")
"""Settings of the library's own: it takes them from the generated code and the unified config, at start."""
_AMOUNTS = ("_bytes", "_count", "_days", "_hours", "_length", "_minutes", "_seconds", "_size")


@dataclass(frozen=True, slots=True)
class ConfigField:
    """A typed setting; `minimum` is inclusive, and `origin` says who declared it."""

    name: str
    type: str
    value: JsonValue
    origin: str
    minimum: int | None = None


def config_class(agent: AgentPlan) -> str:
    """The class of the agent's settings."""
    return f"{class_name(agent.id)}Config"


def prefix(agent: AgentPlan) -> str:
    """The prefix of environment variables that override a setting."""
    return f"L9_{agent.id.upper()}"


def config_fields(agent: AgentPlan, module: ModulePlan | None) -> tuple[ConfigField, ...]:
    """What only code of the agent's own reads: the glue's fields for the file, then the settings of its schema.

    What the library enforces (rate, body size, lifetimes, log level) is none of them: a variable would not change it.
    """
    fields: dict[str, ConfigField] = {}
    for text in module.mapping.fields if module and module.mapping else ():
        if found := _declared(text, module.mapping.key if module and module.mapping else ""):
            fields[found.name] = found
    values = {setting.name: setting.value for setting in agent.settings}
    for dotted, declared in agent.spec.settings.items():
        name, value = identifier(dotted.replace(".", "_")), values.get(dotted, declared)
        if name is None or name in fields or name.startswith("model_") or dotted.startswith(_SECTIONS):
            continue
        if isinstance(value, bool | int | float | str):
            fields[name] = _field(name, value, f"setting {dotted}")
    return tuple(fields.values())


def described_settings(agent: AgentPlan, module: ModulePlan) -> str:
    """The class of a config module, its settings and their defaults, in a line."""
    fields = (
        f"{field.name}: {field.type} = {json.dumps(field.value, allow_nan=False)}"
        for field in config_fields(agent, module)
    )
    return f"class {config_class(agent)} with prefix {prefix(agent)}; {', '.join(fields) or 'no settings'}"


def _declared(text: str, key: str) -> ConfigField | None:
    found = _DECLARED.match(text.strip())
    name = identifier(found["name"]) if found else None
    if not found or name is None:
        return None
    raw = found["value"].strip()
    value: JsonValue
    try:
        match found["type"]:
            case "int":
                value = int(raw)
            case "float":
                value = float(raw)
            case "bool":
                value = raw.strip("'\"").lower() == "true"
            case _:
                value = raw[1:-1] if len(raw) > 1 and raw[0] == raw[-1] and raw[0] in "'\"" else raw
    except ValueError:
        return None
    return _field(name, value, f"glue {key}")


def _field(name: str, value: JsonValue, origin: str) -> ConfigField:
    kind = {bool: "bool", int: "int", float: "float"}.get(type(value), "str")
    amount = kind in ("int", "float") and isinstance(value, int | float) and value >= 0 and name.endswith(_AMOUNTS)
    return ConfigField(name, kind, value, origin, minimum=0 if amount else None)


def setting_line(field: ConfigField, imports: Imports) -> str:
    """The line that declares a setting."""
    if field.minimum is None:
        return f"{field.name}: {field.type} = {python(field.value)}"
    imports.add("pydantic", "Field")
    return f"{field.name}: {field.type} = Field(default={python(field.value)}, ge={field.minimum})"


def invalid_settings(fields: tuple[ConfigField, ...]) -> list[tuple[str, str]]:
    """Settings with a text, as the environment has it, that has to be refused."""
    found: list[tuple[str, str]] = []
    for field in fields:
        if field.type != "str":
            found.append((field.name, "no such value"))
        if field.minimum is not None:
            found.append((field.name, str(field.minimum - 1)))
    return found


def other_value(field: ConfigField) -> tuple[str, JsonValue]:
    """Another good value of a setting: as text in the environment, and as it is then read."""
    match field.value:
        case bool():
            return ("false", False) if field.value else ("true", True)
        case int() | float():
            return str(field.value + 1), field.value + 1
    return "something else", "something else"


def unified_config(plan: Plan) -> dict[str, JsonValue]:
    """The unified config as data, in the guide's order; agents read it at start."""
    values = {setting.name: setting.value for setting in plan.shared}
    return {
        "memory_backends": {
            "redis": {
                "url": values.get("memory.redis.url"),
                "keyspace_prefix": values.get("memory.redis.keyspace_prefix"),
                "ttl_seconds": values.get("memory.redis.ttl_seconds"),
            },
            "postgres": {"url": values.get("memory.postgres.url")},
            "neo4j": {"url": values.get("memory.neo4j.url")},
            "hypergraph": {"url": values.get("memory.hypergraph.url")},
            "s3": {"bucket": values.get("memory.archive.bucket")},
        },
        "governance": {
            "anchors": values.get("governance.anchors"),
            "mode": values.get("governance.mode"),
            "unbound_operations": values.get("governance.unbound_operations"),
            "timeout_seconds": values.get("governance.timeout_seconds"),
        },
        "logging": {"level": values.get("logging.level"), "root": values.get("logging.root")},
        "monitoring": {"enabled": True, "dashboards": f"{plan.monitoring.folder}/"}
        if plan.monitoring
        else {"enabled": False},
        "communication": {
            "protocol": values.get("communication.protocol"),
            "max_retries": values.get("communication.max_retries"),
        },
        "limits": {
            "rate": values.get("limits.rate"),
            "max_payload_bytes": values.get("limits.max_payload_bytes"),
        },
        "feature_flags": dict(plan.flags),
        "validation": {gate.gate: {"threshold": gate.threshold, "unit": gate.unit} for gate in plan.gates},
    }
