"""The family of models: records that glue names for a file, and what tests send them."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from l9stack.model.glue import ModelSpec
from l9stack.model.plan import AgentPlan, ModulePlan, Plan
from l9stack.rendering.fields import ModelView, model
from l9stack.rendering.imports import Imports
from l9stack.rendering.samples import invalid_requests, record

_ANY: tuple[dict[str, JsonValue], ...] = (
    {},
    {"word": "text"},
    {"number": 1.5},
    {"list": [1, "a"]},
    {"deep": {"a": None}},
)


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record: its class, values that it takes, and values that it refuses with the field that is named."""

    name: str
    shape: ModelView
    good: tuple[dict[str, JsonValue], ...]
    bad: tuple[tuple[dict[str, JsonValue], str], ...]


def view_records(plan: Plan, agent: AgentPlan, module: ModulePlan, imports: Imports) -> tuple[RecordView, ...]:
    """Every model of the module's mapping; one without fields takes any JSON object."""
    imports.agent("Record")
    return tuple(_view(spec, imports) for spec in (module.mapping.models if module.mapping else ()))


def _view(spec: ModelSpec, imports: Imports) -> RecordView:
    if spec.fields is None:
        shape = model(
            spec.name, f"{spec.name}: the glue names no field of it, so that it may have any.", (), imports, "Payload"
        )
        return RecordView(spec.name, shape, _ANY, ())
    shape = model(spec.name, f"{spec.name}, as the glue describes it.", spec.fields, imports)
    bad = tuple((values, field) for _, values, field in invalid_requests(spec.fields))
    return RecordView(spec.name, shape, (record(spec.fields),), bad)
