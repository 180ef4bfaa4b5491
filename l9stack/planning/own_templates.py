"""Which of a collection's own templates prints a file: the one that glue names, else one that shadows the family's."""

from __future__ import annotations

from collections.abc import Iterator

from l9stack.errors import Problem
from l9stack.model.collection import Collection
from l9stack.model.glue import ModuleMapping


def own_template(mapping: ModuleMapping | None, collection: Collection) -> str:
    """The own template that glue names for a file; empty where it names none, or one that is not there."""
    if mapping is None or not mapping.template:
        return ""
    wanted = f"modules/{mapping.template}"
    return next((template.name for template in collection.templates if template.name == wanted), "")


def template_notes(collection: Collection) -> Iterator[Problem]:
    """Templates that glue names and nobody has, and own ones that nothing asks for."""
    there = {template.name for template in collection.templates}
    named = {f"modules/{mapping.template}": mapping for mapping in collection.glue.mappings if mapping.template}
    for name, mapping in named.items():
        if name not in there:
            message = f"schema_to_code.{mapping.key}: nobody has the template {mapping.template}, the family's is used"
            hint = f"put one at templates/{name} beside the collection"
            yield Problem("unknown-template", message, mapping.place, hint, level="note")
    for template in collection.templates:
        if not template.shadows and template.name not in named and not template.name.rpartition("/")[2].startswith("_"):
            message = f"nothing asks for the template {template.name}"
            hint = "name it in glue as `template:` of a file, or call it like the one that it takes the place of"
            yield Problem("unused-template", message, template.place, hint, level="note")
