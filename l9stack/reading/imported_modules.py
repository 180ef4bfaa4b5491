"""Modules that somebody else wrote: read as data and parsed, never run; whatever is no plain Python text is refused."""

from __future__ import annotations

import ast

from l9stack.errors import Place, Problem
from l9stack.inputs import InputFile, InputFolder
from l9stack.model.collection import ImportedModule
from l9stack.names import module_path


def read_modules(folder: InputFolder, problems: list[Problem]) -> tuple[ImportedModule, ...]:
    """Every file of a folder, at its path there, which is a module's import path; each that is none is a problem.

    Whether a schema asks for a module is not known here.
    """
    if folder.fault:
        problems.append(folder.fault)
    found = [_module(file, f"{folder.shown}/{file.name}") for file in folder.files]
    problems.extend(each for each in found if isinstance(each, Problem))
    return tuple(each for each in found if isinstance(each, ImportedModule))


def _module(file: InputFile, shown: str) -> ImportedModule | Problem:
    place, raw = Place(shown), file.data
    if file.fault:
        return file.fault
    if module_path(file.name) is None:
        hint = "only what the schemas list is taken"
        return Problem("no-module", "it is no Python module below a rootpath", place, hint)
    try:
        text = raw.decode()
        ast.parse(text, filename=shown)
    except UnicodeDecodeError as error:
        line = Place(shown, raw.count(b"\n", 0, error.start) + 1)
        return Problem("not-utf8", "the file is not UTF-8 text", line, "save it as UTF-8")
    except SyntaxError as error:
        return Problem("python-syntax", f"no Python: {error.msg}", Place(shown, error.lineno or 1, error.offset or 1))
    except (ValueError, RecursionError, MemoryError) as error:
        return Problem("python-syntax", f"no Python: {error}", place)
    return ImportedModule(path=file.name, text=text, place=place)
