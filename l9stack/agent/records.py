"""The base of every request and response, and the records that the library itself answers with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

__all__ = [
    "Payload",
    "PolicyVerdict",
    "Record",
    "Scalar",
    "as_values",
    "canonical_json",
    "digest",
    "misfits",
    "reasons",
    "wrapped",
]

Scalar: TypeAlias = str | int | float | bool
"""A value whose schema names it and says no more: what a graph, a log or a header can hold as it is."""


class Record(BaseModel):
    """A frozen value that refuses unknown fields: what a model does not name never reaches an operation."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Payload(Record):
    """Any JSON object: the request and response of an operation whose shape nobody has declared."""

    payload: dict[str, JsonValue]


class PolicyVerdict(Record):
    """What the agent's escalation rules say of some values."""

    status: Literal["APPROVED", "ESCALATED"]
    fired: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()


def misfits(model: type[Record], values: Mapping[str, Any]) -> list[str]:
    """Why a model does not take some values: `field: what is wrong`, never the value itself; nothing where it does."""
    try:
        model.model_validate(wrapped(model, values))
    except ValidationError as error:
        return reasons(error)
    return []


def reasons(error: ValidationError) -> list[str]:
    """Every field that does not fit, each with why; never the value itself."""
    return [f"{'.'.join(str(part) for part in item['loc']) or 'body'}: {item['msg']}" for item in error.errors()]


def wrapped(model: type[Record], values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON data as a model takes it: a `Payload` takes any object whole."""
    return {"payload": dict(values)} if issubclass(model, Payload) else dict(values)


def as_values(record: Record) -> dict[str, Any]:
    """A record as JSON data; a `Payload` is unwrapped."""
    return dict(record.payload) if isinstance(record, Payload) else record.model_dump(mode="json")


def canonical_json(value: Any) -> str:
    """One text for equal values: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(value: Any) -> str:
    """The SHA-256 of the canonical JSON of a value, as hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
