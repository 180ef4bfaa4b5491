"""Modules that somebody else wrote: read as data and parsed, never run; whatever is no plain Python text is refused."""

from __future__ import annotations

import ast
import hashlib
import stat
from pathlib import Path

from l9stack.errors import Place, Problem
from l9stack.files import files_below
from l9stack.model.collection import ImportedModule, SourceFile
from l9stack.names import module_path
from l9stack.reading.limits import MAX_BYTES

MAX_FILES = 1000


def read_modules(folder: Path, shown: str, problems: list[Problem]) -> tuple[ImportedModule, ...]:
    """Every file below `folder`, at its path there, which is a module's import path; each that is none is a problem.

    `shown` stands before the paths in places. Whether a schema asks for a module is not known here.
    """
    paths = list(files_below(folder))
    if len(paths) > MAX_FILES:
        problems.append(Problem("too-many-files", f"{len(paths)} files, at most {MAX_FILES} are read", Place(shown)))
        return ()
    found = [_module(folder, path, f"{shown}/{path}") for path in paths]
    problems.extend(each for each in found if isinstance(each, Problem))
    return tuple(each for each in found if isinstance(each, ImportedModule))


def sources(modules: tuple[ImportedModule, ...], shown: str) -> list[SourceFile]:
    """The modules as inputs of the collection."""
    return [
        SourceFile(path=f"{shown}/{module.path}", sha256=hashlib.sha256(module.text.encode()).hexdigest())
        for module in modules
    ]


def _module(folder: Path, path: str, shown: str) -> ImportedModule | Problem:
    file, place = folder / path, Place(shown)
    # Looked at before it is opened: a link may lead anywhere, and a pipe never ends.
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode):
        kind = "a link" if stat.S_ISLNK(status.st_mode) else "no plain file"
        return Problem("no-plain-file", f"it is {kind}", place, "put the file itself there")
    if module_path(path) is None:
        hint = "only what the schemas list is taken"
        return Problem("no-module", "it is no Python module below a rootpath", place, hint)
    if status.st_size > MAX_BYTES:
        return Problem("too-large", f"larger than {MAX_BYTES} bytes", place)
    raw = file.read_bytes()
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
    return ImportedModule(path=path, text=text, place=place)
