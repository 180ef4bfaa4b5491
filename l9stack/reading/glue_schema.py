"""Glue and answers as JSON Schema: their words, and the behaviours as the model has them."""

from __future__ import annotations

from typing import Any, get_args

from l9stack.model.base import Model
from l9stack.model.glue import Behaviour
from l9stack.reading.glue_words import ANSWERS, BINDING, FIELD, FUNCTION, GLUE, MAPPING, WIRING
from l9stack.reading.schema import DIALECT, SCALAR, Schema, record
from l9stack.reading.word import Word


def glue_schema() -> Schema:
    """The JSON Schema of a glue file of either dialect."""
    body = _with_operations(GLUE)
    body["properties"]["wirings"]["items"] = record(WIRING)
    body["properties"]["schema_to_code"]["additionalProperties"] = mapping = record(MAPPING)
    function = {"anyOf": [record(FUNCTION), {"type": "null"}]}
    model = {"type": "object", "additionalProperties": {"$ref": "#/$defs/field"}}
    for name, one in (("functions", function), ("models", model)):
        by_name = {"type": "object", "additionalProperties": one}
        mapping["properties"][name]["items"] = {"anyOf": [{"type": SCALAR}, by_name]}
    return {"$schema": DIALECT, "$id": "urn:l9stack:schema:glue", "title": "l9stack glue", **body}


def answers_schema() -> Schema:
    """The JSON Schema of the answers beside a collection."""
    body = _with_operations(ANSWERS)
    return {"$schema": DIALECT, "$id": "urn:l9stack:schema:answers", "title": "l9stack answers", **body}


def _with_operations(word: Word) -> Schema:
    body, binding = record(word), record(BINDING)
    fields = {"type": "object", "additionalProperties": {"$ref": "#/$defs/field"}}
    for name in ("request", "response"):
        binding["properties"][name] |= fields
    binding["properties"]["behaviour"] |= {"$ref": "#/$defs/behaviour"}
    body["properties"]["operations"] |= {
        "propertyNames": {"pattern": r"^.+\.[a-z][a-z0-9_]{0,62}$"},
        "additionalProperties": {"$ref": "#/$defs/binding"},
    }
    typed = {"anyOf": [{"enum": list(FIELD["type"].known)}, record(FIELD)]}
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
