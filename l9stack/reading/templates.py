"""A collection's own templates: read as text; rendering runs them in a sandbox, and only those that are asked for."""

from __future__ import annotations

import re

from l9stack.errors import Place, Problem
from l9stack.inputs import InputFile, InputFolder
from l9stack.inputs.generator import shipped_templates
from l9stack.model.collection import OwnTemplate

_NAME = re.compile(r"(modules|docs|tests)/[A-Za-z0-9_][A-Za-z0-9_.]{0,80}\.j2\Z")


def read_templates(folder: InputFolder, problems: list[Problem]) -> tuple[OwnTemplate, ...]:
    """Every template of a folder."""
    if folder.fault:
        problems.append(folder.fault)
    files = [file for file in folder.files if not file.name.rpartition("/")[2].startswith(".")]
    found = [_template(file, Place(f"{folder.shown}/{file.name}"), problems) for file in files]
    return tuple(template for template in found if template is not None)


def _template(file: InputFile, place: Place, problems: list[Problem]) -> OwnTemplate | None:
    if not _NAME.match(file.name):
        hint = "templates are called modules/NAME.py.j2, docs/NAME.md.j2, tests/NAME.py.j2"
        problems.append(Problem("bad-template", "it is no template", place, hint))
    elif file.fault:
        problems.append(file.fault)
    else:
        try:
            shadows = file.name in shipped_templates()
            return OwnTemplate(name=file.name, text=file.data.decode(), place=place, shadows=shadows)
        except UnicodeDecodeError:
            problems.append(Problem("bad-template", "the file is not UTF-8 text", place, "save it as UTF-8"))
    return None
