"""Values of declared fields: good ones, ones at a bound, and ones that have to be refused."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import JsonValue

from l9stack.model.glue import FieldSpec
from l9stack.rendering.fields import number

_MOST_TEXT = 4000
"""The longest text that a generated test writes out to reach a `max_length`."""


def sample(spec: FieldSpec) -> JsonValue:
    """A good value: the example where there is one."""
    if spec.example is not None:
        return spec.example
    match spec.type:
        case "string":
            return spec.choices[0] if spec.choices else _text(spec)
        case "integer" | "number":
            return _within(spec, 1)
        case "boolean":
            return True
        case "strings":
            items: list[JsonValue] = [spec.choices[0] if spec.choices else "first"]
            return items * max(spec.min_length or 1, 1)
        case "object":
            return {"key": "value"}
    return "value"


def record(specs: Iterable[FieldSpec]) -> dict[str, JsonValue]:
    """A good value for every field."""
    return {spec.name: sample(spec) for spec in specs}


def _text(spec: FieldSpec) -> str:
    text = spec.name.replace("_", " ")
    text = text.ljust(spec.min_length or 1, "x")
    return text[: spec.max_length] if spec.max_length is not None else text


def _within(spec: FieldSpec, value: float) -> float | int:
    if spec.minimum is not None:
        value = max(value, spec.minimum)
    if spec.maximum is not None:
        value = min(value, spec.maximum)
    return number(value)


def fits(spec: FieldSpec, value: JsonValue) -> bool:
    """Whether the generated model takes the value."""
    match spec.type:
        case "string":
            sized = isinstance(value, str) and _length(spec, len(value))
            return sized and (not spec.choices or value in spec.choices)
        case "integer" | "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            if spec.type == "integer" and value != int(value):
                return False
            return (spec.minimum is None or value >= spec.minimum) and (spec.maximum is None or value <= spec.maximum)
        case "boolean":
            return isinstance(value, bool)
        case "strings":
            return (
                isinstance(value, list) and _length(spec, len(value)) and all(isinstance(item, str) for item in value)
            )
        case "object":
            return isinstance(value, dict)
    return True


def _length(spec: FieldSpec, length: int) -> bool:
    return (spec.min_length or 0) <= length <= (spec.max_length if spec.max_length is not None else length)


def step(spec: FieldSpec) -> float | int:
    """The smallest difference that tests make between two numbers of the field."""
    return 1 if spec.type == "integer" else 0.01


def values_around(spec: FieldSpec, thresholds: Iterable[float]) -> list[JsonValue]:
    """Good values at and beside thresholds, at the field's own bounds, and each choice."""
    found: list[JsonValue] = []
    if spec.type in ("integer", "number"):
        for threshold in sorted(set(thresholds)):
            base = int(threshold) if spec.type == "integer" else threshold
            found.extend(number(round(value, 6)) for value in (base - step(spec), base, base + step(spec)))
        found.extend(number(bound) for bound in (spec.minimum, spec.maximum) if bound is not None)
    elif spec.type == "boolean":
        found.extend((True, False))
    elif spec.type == "string" and spec.choices:
        found.extend(spec.choices)
    elif spec.type == "string":
        found.extend(
            "x" * size for size in (spec.min_length, spec.max_length) if size is not None and size <= _MOST_TEXT
        )
    elif spec.type == "strings":
        found.append([])
    return [value for value in found if fits(spec, value)]


def another_value(spec: FieldSpec) -> JsonValue:
    """Another good value than the usual one, and none at a bound where that can be helped: other tests send those.

    A field with one good value alone has no other.
    """
    good = sample(spec)
    options: list[JsonValue] = [f"other-{spec.name}"[: spec.max_length], ["other"], {"other": spec.name}]
    if isinstance(good, int | float) and not isinstance(good, bool):
        options = [good + 7 * step(spec), good - 7 * step(spec), good + step(spec), good - step(spec)]
    return next((value for value in [*options, *values_around(spec, ())] if value != good and fits(spec, value)), good)


def invalid_requests(specs: Iterable[FieldSpec]) -> list[tuple[str, dict[str, JsonValue], str]]:
    """Requests that the model has to refuse: what is wrong, the arguments, the field that is named."""
    specs = tuple(specs)
    good = record(specs)
    found: list[tuple[str, dict[str, JsonValue], str]] = []
    for spec in specs:
        if spec.required:
            found.append((f"{spec.name} missing", {k: v for k, v in good.items() if k != spec.name}, spec.name))
        for why, value in _wrong(spec):
            found.append((f"{spec.name} {why}", {**good, spec.name: value}, spec.name))
    found.append(("undeclared field", {**good, "undeclared_field": 1}, "undeclared_field"))
    return found


def _wrong(spec: FieldSpec) -> list[tuple[str, JsonValue]]:
    wrong: list[tuple[str, JsonValue]] = []
    if spec.type != "any":
        wrong.append(("of another type", ["neither"] if spec.type == "object" else {"neither": "nor"}))
    if spec.type in ("integer", "number"):
        if spec.minimum is not None:
            wrong.append(("below its minimum", number(round(spec.minimum - step(spec), 6))))
        if spec.maximum is not None:
            wrong.append(("above its maximum", number(round(spec.maximum + step(spec), 6))))
        if spec.type == "integer":
            wrong.append(("with a fraction", 1.5))
    if spec.type == "string" and spec.choices:
        wrong.append(("none of its choices", "none of these"))
    elif spec.type == "string":
        if spec.min_length:
            wrong.append(("too short", "x" * (spec.min_length - 1)))
        if spec.max_length is not None and spec.max_length < _MOST_TEXT:
            wrong.append(("too long", "x" * (spec.max_length + 1)))
    return wrong
