"""The regression tests compare fields with what is promised of them: for every kind of field, the two have to agree."""

import ast
import itertools
from pathlib import Path
from typing import Any

from l9stack.extraction.prepare import prepare
from l9stack.inputs import Inputs
from l9stack.model.glue import FieldSpec
from l9stack.project import Project
from l9stack.rendering.fields import model
from l9stack.rendering.imports import Imports
from l9stack.rendering.suites.promises import promised

MINIMAL = Path(__file__).parents[1] / "golden" / "minimal" / "input.yaml"
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


def told_by_the_generated_test(project: Path) -> dict[str, Any]:
    """Names of a generated regression test that say what it compares: `_fields`, and what of a field."""
    texts = {
        artifact.path: artifact.text for artifact in prepare(Inputs.read(Project(project), MINIMAL)).tree.artifacts
    }
    tree = ast.parse(next(text for path, text in texts.items() if path.endswith("test_regression.py")))
    wanted = ("BOUNDS", "TOLD", "_fields")
    tree.body = [
        node
        for node in tree.body
        if (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in wanted)
        or (isinstance(node, ast.FunctionDef) and node.name in wanted)
    ]
    names: dict[str, Any] = {"Any": Any, "Container": tuple}
    exec(compile(tree, "test_regression.py", "exec"), names)
    return names


def test_what_is_promised_of_a_field_is_what_its_model_tells(tmp_path: Path):
    names, specs, imports = told_by_the_generated_test(tmp_path), every_field(), Imports()
    lines = "\n".join(f"    {line}" for line in model("Every", "Every kind of field.", specs, imports).fields)
    exec(f"{imports.lines()}\nclass Every(Record):\n{lines}\n", names)
    assert names["_fields"](names["Every"], names["TOLD"]) == promised(specs, whole=True)
    required = {name: {"required": told["required"]} for name, told in promised(specs, whole=True).items()}
    assert names["_fields"](names["Every"], ("required",)) == promised(specs, whole=False) == required
