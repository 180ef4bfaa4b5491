"""An agent's own config module, and the unified config of the collection."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.model.plan import AgentPlan, ModulePlan, Plan
from l9stack.names import class_name, identifier
from l9stack.rendering.imports import Imports
from l9stack.rendering.quoting import python

_DECLARED = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*:\s*(?P<type>int|float|bool|str)\s*=\s*(?P<value>.+)\Z")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_SHARED = (
    "governance.timeout_seconds",
    "limits.max_payload_bytes",
    "limits.rate",
    "logging.level",
    "memory.redis.ttl_seconds",
)


@dataclass(frozen=True, slots=True)
class ConfigField:
    """A typed setting; `minimum` is inclusive, and `choices` are all that is allowed."""

    name: str
    type: str
    value: JsonValue
    origin: str
    minimum: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""


def config_class(agent: AgentPlan) -> str:
    """The class of the agent's settings."""
    return f"{class_name(agent.id)}Config"


def prefix(agent: AgentPlan) -> str:
    """The prefix of environment variables that override a setting."""
    return f"L9_{agent.id.upper()}"


def config_fields(agent: AgentPlan, module: ModulePlan | None) -> tuple[ConfigField, ...]:
    """The glue's fields for the file, the schema's own settings, then the shared ones that an agent may override."""
    fields: dict[str, ConfigField] = {}
    for text in module.mapping.fields if module and module.mapping else ():
        if found := _declared(text, module.mapping.key if module and module.mapping else ""):
            fields[found.name] = found
    values = {setting.name: setting for setting in agent.settings}
    for dotted in [*agent.spec.settings, *(name for name in _SHARED if name in values)]:
        name = identifier(dotted.replace(".", "_"))
        setting = values.get(dotted)
        value = setting.value if setting else agent.spec.settings.get(dotted)
        if (
            name
            and name not in fields
            and not name.startswith("model_")
            and isinstance(value, bool | int | float | str)
        ):
            fields[name] = _field(name, value, f"setting {dotted}")
    return tuple(fields.values())


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
    if kind in ("int", "float") and isinstance(value, int | float) and value >= 0:
        positive = value > 0 and kind == "int" and name.endswith(("_seconds", "_bytes"))
        return ConfigField(name, kind, value, origin, minimum=1 if positive else 0)
    if value in _LEVELS and name.endswith("level"):
        return ConfigField(name, kind, value, origin, choices=_LEVELS)
    if name.endswith("rate") and isinstance(value, str) and re.fullmatch(r"\d+/\w+", value):
        return ConfigField(name, kind, value, origin, pattern=r"^[1-9]\d*/(second|minute|hour|day)$")
    return ConfigField(name, kind, value, origin)


def printed(field: ConfigField, imports: Imports) -> str:
    """The line that declares a setting."""
    kind = f"Literal[{', '.join(python(choice) for choice in field.choices)}]" if field.choices else field.type
    if field.choices:
        imports.add("typing", "Literal")
    arguments = [f"default={python(field.value)}"]
    if field.minimum is not None:
        arguments.append(f"ge={field.minimum}")
    if field.pattern:
        arguments.append(f"pattern={python(field.pattern)}")
    arguments.append(f"description={python(f'from {field.origin}')}")
    imports.add("pydantic", "Field")
    return f"{field.name}: {kind} = Field({', '.join(arguments)})"


def refused_settings(fields: tuple[ConfigField, ...], named: str) -> list[tuple[str, dict[str, str]]]:
    """Environments with a value that has to be refused: the setting, and the variables."""
    found: list[tuple[str, dict[str, str]]] = []
    for field in fields:
        variable = f"{named}_{field.name}".upper()
        if field.type in ("int", "float", "bool"):
            found.append((field.name, {variable: "no such value"}))
        if field.minimum is not None:
            found.append((field.name, {variable: str(field.minimum - 1)}))
        if field.choices or field.pattern:
            found.append((field.name, {variable: "none of these"}))
    return found


def changed(field: ConfigField) -> tuple[str, JsonValue]:
    """Another good value of a setting: as text in the environment, and as it is then read."""
    match field.value:
        case bool():
            return ("false", False) if field.value else ("true", True)
        case int() | float():
            return str(field.value + 1), field.value + 1
    if field.choices:
        other = next(choice for choice in field.choices if choice != field.value)
        return other, other
    return ("7/hour", "7/hour") if field.pattern else ("something else", "something else")


def unified(plan: Plan) -> dict[str, JsonValue]:
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
        "monitoring": {
            "enabled": values.get("monitoring.enabled"),
            "dashboards": values.get("monitoring.dashboards"),
        },
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
