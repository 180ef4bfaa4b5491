"""Glue and answers as JSON Schema: their words, and the behaviours as the model has them."""

from __future__ import annotations

from typing import Any, get_args

from l9stack.model.base import Model
from l9stack.model.glue import Behaviour, ConnectionType, FieldType
from l9stack.reading.schema import DIALECT, SCALAR, Schema, record
from l9stack.reading.vocabulary import METHODS, Field

FIELD = Field(
    "field",
    "mapping",
    "A field with its bounds.",
    fields=(
        Field("type", "text", "What it holds; `string` where nothing is said.", known=get_args(FieldType)),
        Field("description", "text", "What it means."),
        Field("required", "flag", "Whether it has to be given; without a default it has to."),
        Field("default", "any", "Its value where none is given."),
        Field("minimum", "number", "The least number."),
        Field("maximum", "number", "The greatest number."),
        Field("min_length", "count", "The fewest characters or entries."),
        Field("max_length", "count", "The most characters or entries."),
        Field("choices", "texts", "The only values."),
        Field("example", "any", "A value for documents and tests."),
    ),
    closed=True,
)
BINDING = Field(
    "binding",
    "mapping",
    "What one operation takes, answers and does.",
    fields=(
        Field("summary", "text", "What it does, in a sentence."),
        Field("module", "text", "The agent's file that holds it.", examples=("intake_desk.py",)),
        Field("request", "any", "Its fields by name."),
        Field("response", "any", "The fields of its answer by name."),
        Field("behaviour", "any", "What it does; without one, governance anchors are asked."),
        Field(
            "implementation",
            "text",
            "A function of one's own instead: `package.module:function`.",
            pattern=r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*",
        ),
        Field("criticality", "number", "How much depends on it, from 0 to 1."),
        Field("timeout_seconds", "number", "How long it may take, at most 300."),
        Field("reusable", "flag", "Whether an anchor's answer is a precedent for the same arguments."),
        Field("publish", "text", "An event that is published with each answer."),
    ),
    closed=True,
)
WIRING = Field(
    "wiring",
    "mapping",
    "A connection between two agents; one that is not in the collection is an external contract.",
    fields=(
        Field("from_agent", "text", "Who calls or sends; of events, who publishes.", required=True),
        Field("to_agent", "text", "Who is called or sent to; of events, who observes.", required=True),
        Field("connection_type", "text", "How.", required=True, known=tuple(ConnectionType)),
        Field("import_path", "text", "Where the other's code is."),
        Field("method_names", "texts", "The operations that are called."),
        Field("packet_types", "texts", "The packets that are sent."),
        Field("event_subscriptions", "texts", "The events that are observed."),
        Field("description", "text", "Descriptive."),
    ),
    closed=True,
)
MAPPING = Field(
    "mapping",
    "mapping",
    "What one file of an agent holds.",
    fields=(
        Field("target", "text", "The file, as `generatefiles` has it.", required=True),
        Field("template", "text", "Descriptive."),
        Field("requires", "texts", "Packages and modules that it needs."),
        Field("fields", "list", "Settings as `name: type = default`."),
        Field("functions", "list", "Functions by name, with signature, docstring and logic."),
        Field("models", "list", "Models by name, with or without typed fields."),
        Field("endpoints", "texts", "Endpoints.", pattern=rf"({'|'.join(METHODS)})\s+/\S*"),
        Field("validation_rules", "any", "Rules in words."),
        Field("lines", "any", "Descriptive."),
        Field("cache_integration", "any", "Descriptive."),
        Field("class_name", "any", "Descriptive."),
    ),
    closed=True,
)
_HARMONISED = (
    Field(
        "memory_harmonization",
        "mapping",
        "Addresses of backends for all agents.",
        fields=(
            Field(
                "shared_backends",
                "mapping",
                "By kind.",
                fields=tuple(Field(name, "text", "") for name in ("redis", "postgres", "neo4j", "hypergraph", "s3")),
                closed=True,
            ),
        ),
        closed=True,
    ),
    Field(
        "governance_harmonization",
        "mapping",
        "Governance of all agents.",
        fields=(
            Field("anchors", "texts", "Who is asked, in place of the schemas' own."),
            Field("shared_escalation_triggers", "texts", "Triggers that every agent has."),
        ),
        closed=True,
    ),
    Field(
        "communication_harmonization",
        "mapping",
        "Communication of all agents.",
        fields=(
            Field("protocol", "text", "The protocol's name."),
            Field(
                "retry_policy",
                "mapping",
                "How often a call is tried again.",
                fields=(
                    Field("max_retries", "count", "At most so often."),
                    Field("backoff_multiplier", "any", "Descriptive."),
                    Field("initial_delay_ms", "any", "Descriptive."),
                ),
                closed=True,
            ),
            Field("protocol_path", "any", "Descriptive."),
            Field("auth", "any", "Descriptive."),
            Field("encryption", "any", "Descriptive."),
        ),
        closed=True,
    ),
)
GLUE = Field(
    "glue",
    "mapping",
    "How the agents of a collection reach each other, and what their operations do.",
    fields=(
        Field("version", "text", "Descriptive."),
        Field("title", "text", "Descriptive."),
        Field("purpose", "text", "Descriptive."),
        Field("wirings", "list", WIRING.about),
        Field("schema_to_code", "mapping", "What single files hold, by a name of one's own."),
        Field("operations", "mapping", "Operations as `agent.operation`."),
        *_HARMONISED,
        Field("enforcement", "any", "Rules that generated code is held to, by topic."),
        Field("quality_gates", "any", "Gates in words."),
        Field("settings", "mapping", "Settings by dotted name, over those of meta templates and schemas."),
    ),
    closed=True,
)
ANSWERS = Field(
    "answers",
    "mapping",
    "Answers to the questions of `l9 validate`.",
    fields=(
        GLUE["operations"],
        Field("settings", "mapping", "Settings by dotted name, over those of glue, meta templates and schemas."),
    ),
    closed=True,
)


def glue_schema() -> Schema:
    """The JSON Schema of a glue file of either dialect."""
    body = _with_operations(GLUE)
    body["properties"]["wirings"]["items"] = record(WIRING)
    body["properties"]["schema_to_code"]["additionalProperties"] = record(MAPPING)
    return {"$schema": DIALECT, "$id": "urn:l9stack:schema:glue", "title": "l9stack glue", **body}


def answers_schema() -> Schema:
    """The JSON Schema of the answers beside a collection."""
    body = _with_operations(ANSWERS)
    return {"$schema": DIALECT, "$id": "urn:l9stack:schema:answers", "title": "l9stack answers", **body}


def _with_operations(field: Field) -> Schema:
    body, binding = record(field), record(BINDING)
    fields = {"type": "object", "additionalProperties": {"$ref": "#/$defs/field"}}
    for name in ("request", "response"):
        binding["properties"][name] |= fields
    binding["properties"]["behaviour"] |= {"$ref": "#/$defs/behaviour"}
    binding["properties"]["criticality"] |= {"minimum": 0, "maximum": 1}
    binding["properties"]["timeout_seconds"] |= {"exclusiveMinimum": 0, "maximum": 300}
    body["properties"]["operations"] |= {
        "propertyNames": {"pattern": r"^.+\.[a-z][a-z0-9_]{0,62}$"},
        "additionalProperties": {"$ref": "#/$defs/binding"},
    }
    typed = {"anyOf": [{"enum": list(get_args(FieldType))}, record(FIELD)]}
    return {**body, "$defs": {"behaviour": _behaviour(), "binding": binding, "field": typed}}


def _behaviour() -> Schema:
    """A behaviour as it is written: its name alone, or its name over its parts."""
    alone: list[str] = []
    properties: Schema = {}
    for model in get_args(get_args(Behaviour)[0]):
        kind, body = _parts(model)
        if not body.get("required"):
            alone.append(kind)
            body["type"] = ["object", "null"]
        properties[kind] = body
    one = {"type": "object", "properties": properties, "additionalProperties": False}
    return {"anyOf": [{"enum": alone}, {**one, "minProperties": 1, "maxProperties": 1}]}


def _parts(model: type[Model]) -> tuple[str, Schema]:
    """A behaviour's name and the schema of its parts; expressions may be written as bare numbers."""
    whole = model.model_json_schema()
    definitions = whole.pop("$defs", {})

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return plain(definitions[value["$ref"].rsplit("/", 1)[-1]])
        found = {key: plain(item) for key, item in value.items() if key not in ("title", "default")}
        if found.get("additionalProperties") == {"type": "string"}:
            found["additionalProperties"] = {"type": SCALAR}
        if "properties" in found:
            found["properties"] = {name: one for name, one in found["properties"].items() if name not in _OURS}
        return found

    return str(model.model_fields["kind"].default), plain(whole)


_OURS = ("kind", "place")
"""Fields of the model that nobody writes."""
