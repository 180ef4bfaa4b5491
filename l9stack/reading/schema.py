"""The vocabulary of schemas as JSON Schema (draft 2020-12), for editors and for whoever checks without l9stack.

It describes the canonical form: aliases that the reader folds (`root_path`) are not in it, nor is what needs more than
one document (names that have to be there, paths that lie below another).
"""

from __future__ import annotations

from typing import Any

from l9stack.reading.vocabulary import AGENT, IDENTITY, LAYER, Field

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
SCALAR = ["string", "number", "boolean"]
"""Texts may look like numbers (`version: 6.0`): the reader takes them as they are written."""


def agent_schema() -> Schema:
    """The JSON Schema of one agent, flat or with its identity below `system`."""
    body = record(AGENT)
    names = [field.name for field in IDENTITY]
    flat, nested = _value(IDENTITY[0]), record(Field("system", "mapping", "", fields=IDENTITY))
    body["properties"]["system"] = {"description": IDENTITY[0].about, "anyOf": [flat, nested]}
    body["required"] = ["system", *(name for name in body["required"] if name not in names)]
    body["anyOf"] = [{"required": names[1:]}, {"properties": {"system": {"type": "object"}}}]
    layer = {"anyOf": [{"type": "string"}, record(Field("layer", "mapping", "A layer of memory.", fields=LAYER))]}
    return {
        "$schema": DIALECT,
        "$id": "urn:l9stack:schema:agent",
        "title": "l9stack agent",
        **body,
        "$defs": {"layer": layer},
    }


def record(field: Field) -> Schema:
    """A mapping with the fields of `field`."""
    body: Schema = {"type": "object"}
    if field.about:
        body["description"] = field.about
    if field.fields:
        body["properties"] = {one.name: with_description(one) for one in field.fields}
    if required := [one.name for one in field.fields if one.required]:
        body["required"] = required
    if field.any_of:
        body["anyOf"] = [{"required": [name]} for name in field.any_of]
    if field.closed:
        body["additionalProperties"] = False
    return body


def with_description(field: Field) -> Schema:
    """What a field holds, with its meaning; a key with nothing behind it counts as absent."""
    value = _value(field)
    if not field.required and value:
        value = _or_null(value)
    examples = {"examples": list(field.examples)} if field.examples else {}
    return {
        "description": field.description,
        **{key: item for key, item in value.items() if key != "description"},
        **examples,
    }


def _value(field: Field) -> Schema:
    match field.kind:
        case "text":
            return _text(field)
        case "texts":
            many: Schema = {"type": "array", "items": _text(field)}
            return {"anyOf": [_text(field), many | ({"minItems": 1} if field.required else {})]}
        case "flag":
            return {"type": "boolean"}
        case "number":
            bounds = {"minimum": field.minimum, "exclusiveMinimum": field.above, "maximum": field.maximum}
            return {"type": "number"} | {key: bound for key, bound in bounds.items() if bound is not None}
        case "count":
            return {"type": "integer", "minimum": field.minimum or 0}
        case "mapping":
            return record(field)
        case "list":
            items = {"items": record(Field(field.name, "mapping", "", fields=field.fields, any_of=field.any_of))}
            return {"type": "array"} | (items if field.fields else {})
        case "layer":
            return {"$ref": "#/$defs/layer"}
        case "any":
            return {}


def _text(field: Field) -> Schema:
    if field.known:
        return {"enum": list(field.known)}
    return {"type": SCALAR} | ({"pattern": f"^(?:{field.pattern})$"} if field.pattern else {})


def _or_null(value: Schema) -> Schema:
    if "anyOf" in value and "type" not in value:
        return {"anyOf": [*value["anyOf"], {"type": "null"}]}
    if "$ref" in value:
        return {"anyOf": [value, {"type": "null"}]}
    if "enum" in value:
        return {"enum": [*value["enum"], None]}
    kinds = value["type"] if isinstance(value["type"], list) else [value["type"]]
    return {**value, "type": [*kinds, "null"]}
