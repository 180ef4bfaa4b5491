"""Names that a schema lists without a type, typed by the operations that declare fields of that name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, JsonValue

from l9stack.model.plan import AgentPlan
from l9stack.names import identifier, is_field_name
from l9stack.rendering.fields import plain_annotation
from l9stack.rendering.imports import Imports
from l9stack.rendering.memo import memoize
from l9stack.rendering.samples import sample

_FLAT = ("string", "integer", "number", "boolean")


@dataclass(frozen=True, slots=True)
class TypedName:
    """A name as a field: its identifier, its annotation, a value for tests, and all of them where they are few."""

    name: str
    annotation: str
    value: JsonValue
    choices: tuple[str, ...] = ()

    @property
    def free(self) -> bool:
        """Whether any text is a value of it."""
        return self.annotation in ("str", "Scalar")

    def as_text(self, source: str) -> str:
        """Source of its value as text, where `source` is that of the value."""
        return source if self.annotation == "str" else f"str({source})"


@memoize
def typed_name(agent: AgentPlan, text: str) -> TypedName | None:
    """A name as a field of a record; None where no identifier can be made of it.

    It has the type of the operations' fields of that name, where they agree on one that a store can hold as it is;
    else it may be any scalar: nothing is guessed from how a name sounds.
    """
    name = identifier(text)
    if name is None:
        return None
    declared = [
        spec
        for operation in agent.operations
        for spec in (*(operation.request or ()), *(operation.response or ()))
        if spec.name == name
    ]
    safe = f"{name}_" if hasattr(BaseModel, name) or not is_field_name(name) else name
    kinds = {plain_annotation(spec) for spec in declared}
    if len(kinds) == 1 and declared[0].type in _FLAT:
        return TypedName(safe, kinds.pop(), sample(declared[0]), declared[0].choices)
    return TypedName(safe, "Scalar", "v1")


def typed_names(agent: AgentPlan, texts: Iterable[str]) -> tuple[TypedName, ...]:
    """The names as fields of one record; empty where one of them cannot be a field, or two would be the same."""
    found = [typed_name(agent, text) for text in texts]
    names = [item.name for item in found if item is not None]
    if None in found or len(set(names)) != len(names):
        return ()
    return tuple(item for item in found if item is not None)


def import_for(fields: Iterable[TypedName], imports: Imports) -> None:
    """Add what the annotations need."""
    for item in fields:
        if "Scalar" in item.annotation:
            imports.agent("Scalar")
        if "Literal[" in item.annotation:
            imports.add("typing", "Literal")
