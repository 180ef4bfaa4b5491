"""The regression tests compare fields with what is promised of them: for every kind of field, the two have to agree."""

import itertools
from typing import Any

from l9stack.agent.conformance.promises import FACTS, field_facts
from l9stack.model.glue import FieldSpec
from l9stack.rendering.fields import model
from l9stack.rendering.imports import Imports
from l9stack.rendering.suites.promises import promises_of

DEFAULTS: dict[str, list[Any]] = {
    "string": ["x"],
    "integer": [3],
    "number": [2, 2.5],
    "boolean": [False],
    "strings": [["x"]],
    "object": [{"key": 1}],
    "any": [1, "text"],
}
BOUNDS = ((None, None), (0, None), (1, 4), (None, 7))
CHOICES = ((), ("x",), ("x", "y"))


def every_field() -> list[FieldSpec]:
    found: list[FieldSpec] = []
    for kind, defaults in DEFAULTS.items():
        given = [(True, None), (False, None), *((False, value) for value in defaults)]
        choices = CHOICES if kind in ("string", "strings") else CHOICES[:1]
        for (required, default), chosen, (least, most), told in itertools.product(
            given, choices, BOUNDS, ("", "two\nlines")
        ):
            spec = {"required": required, "default": default, "choices": chosen, "description": told}
            bounds = {"minimum": least, "maximum": most, "min_length": least, "max_length": most}
            found.append(FieldSpec.model_validate({"name": f"f{len(found)}", "type": kind, **spec, **bounds}))
    return found


def test_what_is_promised_of_a_field_is_what_its_model_tells():
    names, specs, imports = dict[str, Any](), every_field(), Imports()
    lines = "\n".join(f"    {line}" for line in model("Every", "Every kind of field.", specs, imports).fields)
    exec(f"{imports.lines()}\nclass Every(Record):\n{lines}\n", names)
    assert field_facts(names["Every"], FACTS) == promises_of(specs, whole=True)
    required = {name: {"required": told["required"]} for name, told in promises_of(specs, whole=True).items()}
    assert field_facts(names["Every"], ("required",)) == promises_of(specs, whole=False) == required
