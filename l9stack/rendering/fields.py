"""Declared fields as Python: annotations, bounds, and the classes that hold them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from l9stack.model.glue import FieldSpec
from l9stack.printable import line
from l9stack.rendering.imports import Imports
from l9stack.rendering.quoting import python

_ANNOTATIONS = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "strings": "list[str]",
    "object": "dict[str, JsonValue]",
    "any": "JsonValue",
}


@dataclass(frozen=True, slots=True)
class ModelView:
    """A class of fields: a request, a response, or the part of a peer's answer that is used."""

    name: str
    base: str
    summary: str
    fields: tuple[str, ...]


def number(value: float) -> float | int:
    """A bound as a person would write it: 40, not 40.0."""
    return int(value) if float(value).is_integer() else value


def annotation(spec: FieldSpec) -> str:
    """The type of a field, with `| None` where it may be left out and has no default."""
    kind = plain_annotation(spec)
    return kind if spec.required or spec.default is not None or spec.type == "any" else f"{kind} | None"


def plain_annotation(spec: FieldSpec) -> str:
    """The type of a field's values."""
    kind = _ANNOTATIONS[spec.type]
    if spec.choices:
        literal = f"Literal[{', '.join(repr(choice) for choice in spec.choices)}]"
        kind = f"list[{literal}]" if spec.type == "strings" else literal
    return kind


def model(name: str, summary: str, specs: Iterable[FieldSpec], imports: Imports, base: str = "Record") -> ModelView:
    """The class for some fields; what it needs is added to `imports`."""
    specs = tuple(specs)
    imports.agent(base)
    kinds = [annotation(spec) for spec in specs]
    if any("JsonValue" in kind for kind in kinds):
        imports.add("pydantic", "JsonValue")
    if any("Literal[" in kind for kind in kinds):
        imports.add("typing", "Literal")
    lines = tuple(_line(spec, kind) for spec, kind in zip(specs, kinds, strict=True))
    if any("= Field(" in text for text in lines):
        imports.add("pydantic", "Field")
    return ModelView(name, base, summary, lines)


def _line(spec: FieldSpec, kind: str) -> str:
    arguments: list[str] = []
    if not spec.required:
        arguments.append(f"default={python(spec.default)}")
    of_text = spec.type in ("string", "strings") and not (spec.choices and spec.type == "string")
    bounds = {
        "ge": spec.minimum if spec.type in ("integer", "number") else None,
        "le": spec.maximum if spec.type in ("integer", "number") else None,
        "min_length": spec.min_length if of_text else None,
        "max_length": spec.max_length if of_text else None,
    }
    arguments.extend(f"{key}={python(number(value))}" for key, value in bounds.items() if value is not None)
    if spec.description:
        arguments.append(f"description={python(line(spec.description))}")
    if arguments == [f"default={python(spec.default)}"]:
        return f"{spec.name}: {kind} = {python(spec.default)}"
    return f"{spec.name}: {kind} = Field({', '.join(arguments)})" if arguments else f"{spec.name}: {kind}"
