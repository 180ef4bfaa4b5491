"""`operations:` of glue and answers: the shapes of requests and responses, and what each operation does."""

from __future__ import annotations

import re
from typing import Any

from pydantic import TypeAdapter, ValidationError

from l9stack.errors import Place
from l9stack.model.glue import Behaviour, Binding, FieldSpec, Implementation
from l9stack.names import is_field_name, operation_name
from l9stack.reading.documents import Node
from l9stack.reading.fields import Section
from l9stack.reading.glue_words import BINDING, FIELD

_BEHAVIOURS: TypeAdapter[Behaviour] = TypeAdapter(Behaviour)
_TARGET = re.compile(rf"(?:{BINDING['implementation'].pattern})\Z")


def read_bindings(top: Section) -> tuple[Binding, ...]:
    """All bindings, keyed `agent.operation`."""
    child = top.child("operations")
    bindings = []
    for key, node in (child.entries or {}).items() if child is not None else ():
        agent, dot, operation = key.rpartition(".")
        fields = Section(node, f"operations.{key}", top.problems, node.place)
        if not dot or not agent or operation_name(operation) != operation:
            better = f"{agent}.{operation_name(operation)}" if agent and operation_name(operation) else ""
            hint = f"write it as `{better or 'intake.submit_claim'}`"
            fields.error("bad-operation", f"{key!r} is not `agent.operation`", node.place, hint)
            continue
        behaviour = _behaviour(fields)
        criticality = _number(fields, "criticality")
        timeout = _number(fields, "timeout_seconds")
        facts: dict[str, Any] = {
            "summary": " ".join(fields.text("summary").split()),
            "module": fields.text("module"),
            "request": _record(fields, "request"),
            "response": _record(fields, "response"),
            "behaviour": behaviour,
            "criticality": 0.5 if criticality is None else criticality,
            "timeout_seconds": 10.0 if timeout is None else timeout,
            "reusable": fields.flag("reusable", default=False),
            "publish": fields.text("publish"),
        }
        # Only what is written is set, so that an answer can add to what the glue says of the same operation.
        written = {name for name in facts if fields.has(name)}
        if fields.has("implementation"):
            written.add("behaviour")
        if places := _places(fields):
            facts["places"] = places
            written.add("places")
        given = {name: value for name, value in facts.items() if name in written}
        bindings.append(Binding(agent=agent, operation=operation, place=node.place, **given))
        fields.close(BINDING.names, strict=BINDING.closed)
    return tuple(bindings)


def _number(fields: Section, name: str) -> float | None:
    """A number within its bounds, or None where it is absent or refused."""
    value, word = fields.number(name), BINDING[name]
    if value is None or word.within(value):
        return value
    fields.error("out-of-bounds", f"{fields.where}.{name} has to be {word.bounds}", fields.places[name])
    return None


def _record(fields: Section, name: str) -> tuple[FieldSpec, ...] | None:
    child = fields.child(name)
    return None if child is None else read_fields(child, fields, f"{fields.where}.{name}")


def read_fields(record: Node, parent: Section, where: str) -> tuple[FieldSpec, ...] | None:
    """The typed fields of a record, `{name: type}` or `{name: {type: …, minimum: …}}`; None where it is no mapping."""
    if record.entries is None:
        parent.error("not-a-mapping", f"{where} has to map field names to types", record.place)
        return None
    specs = []
    for field, node in record.entries.items():
        if not is_field_name(field):
            hint = "use snake_case, no word of Python itself, and not `model_…`"
            parent.error("bad-field", f"{field!r} is no field name", record.keys[field], hint)
            continue
        specs.append(_field(field, node, parent, f"{where}.{field}"))
    return tuple(specs)


def _field(name: str, node: Node, parent: Section, where: str) -> FieldSpec:
    if node.kind == "scalar":
        entry = Section(None, where, parent.problems, node.place)
        kind, entry.places["type"] = node.text, node.place
    else:
        entry = Section(node, where, parent.problems, node.place)
        kind = entry.text("type", "string")
    if kind not in FIELD["type"].known:
        known = ", ".join(FIELD["type"].known)
        entry.error("bad-type", f"{where}: type {kind!r} is not known", entry.places.get("type"), f"known: {known}")
        kind = "any"
    spec = FieldSpec.model_validate(
        {
            "name": name,
            "type": kind,
            "description": " ".join(entry.text("description").split()),
            "required": entry.flag("required", default=not entry.has("default")),
            "default": entry.value("default"),
            "minimum": entry.number("minimum"),
            "maximum": entry.number("maximum"),
            "min_length": entry.whole("min_length"),
            "max_length": entry.whole("max_length"),
            "choices": entry.texts("choices"),
            "example": entry.value("example"),
            "place": node.place,
        }
    )
    entry.close(FIELD.names, strict=FIELD.closed)
    if spec.minimum is not None and spec.maximum is not None and spec.minimum > spec.maximum:
        entry.error("empty-range", f"{where}: minimum is above maximum", node.place)
    return spec


def _behaviour(fields: Section) -> Behaviour:
    implementation = fields.text("implementation")
    child = fields.child("behaviour")
    if implementation and child is not None:
        fields.error("two-behaviours", f"{fields.where}: both implementation and behaviour", child.place, "keep one")
    if implementation:
        if not _TARGET.match(implementation):
            place = fields.places["implementation"]
            fields.error("bad-implementation", f"{implementation!r} is not `package.module:function`", place)
        return Implementation(target=implementation)
    if child is None:
        return _BEHAVIOURS.validate_python({"kind": "unbound"})
    data: dict[str, Any]
    if child.kind == "scalar":
        kind, body, data = child.text, None, {}
    else:
        entries = child.entries or {}
        if len(entries) != 1:
            fields.error("bad-behaviour", f"{fields.where}.behaviour has to name one behaviour", child.place)
            return _BEHAVIOURS.validate_python({"kind": "unbound"})
        kind, body = next(iter(entries.items()))
        plain = body.plain()
        data = dict(plain) if isinstance(plain, dict) else {}
    if kind == "decision_table" and body is not None:
        rows = body.get("rows")
        data["rows"] = [_row(row) for row in (rows.items or [])] if rows is not None else []
    data = {key: _texts(value) if key in ("assign", "send") else value for key, value in data.items()}
    try:
        return _BEHAVIOURS.validate_python({**data, "kind": kind})
    except ValidationError as error:
        details = error.errors()
        for detail in details:
            # A list whose entries are wrong counts as too short as well: that is no mistake of its own.
            if any(below["loc"][: len(detail["loc"])] == detail["loc"] for below in details if below is not detail):
                continue
            place = _place(child, detail["loc"])
            where = ".".join(str(part) for part in detail["loc"][1:]) or kind
            hint = ""
            if detail["type"] == "union_tag_invalid":
                hint = f"known: {detail['ctx']['expected_tags']}"
            fields.error("bad-behaviour", f"{fields.where}.behaviour: {where}: {detail['msg']}", place, hint)
        return _BEHAVIOURS.validate_python({"kind": "unbound"})


def _places(fields: Section) -> dict[str, Place]:
    """Where the parts of a behaviour and of the response stand, by dotted names without the behaviour's own."""
    found = {"implementation": fields.places["implementation"]} if "implementation" in fields.places else {}

    def take(node: Node, name: str) -> None:
        found[name] = node.place
        parts = node.entries.items() if node.entries is not None else enumerate(node.items or ())
        for key, child in parts:
            take(child, f"{name}.{key}" if name else str(key))

    behaviour, response = fields.child("behaviour"), fields.child("response")
    for body in (behaviour.entries or {}).values() if behaviour is not None else ():
        take(body, "")
    if response is not None:
        take(response, "response")
    return found


def _row(node: Node) -> Any:
    """A row with its place; what is no row stays as it is, and is refused by the model."""
    plain = node.plain()
    if isinstance(plain, dict) and isinstance(plain.get("when"), str) and isinstance(plain.get("then"), dict):
        return {**plain, "place": node.place}
    return plain


def _texts(value: Any) -> Any:
    """Expressions may be written as bare numbers or booleans; they are text all the same."""
    if not isinstance(value, dict):
        return value
    return {key: item if isinstance(item, str) else repr(item) for key, item in value.items()}


def _place(node: Node, loc: tuple[int | str, ...]) -> Any:
    found = node
    for part in loc:
        nested = found.get(part) if isinstance(part, str) else None
        if isinstance(part, int) and found.items is not None and part < len(found.items):
            nested = found.items[part]
        found = nested or found
    return found.place
