"""From disk to input files: which ones belong to a collection, and what of each kind is taken."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from l9stack.errors import Place, Problem
from l9stack.inputs.files import FileLimits, InputFile, InputFolder, Reading, names_below, read_settled
from l9stack.inputs.limits import MAX_BYTES, MOST_OF_LOCK, MOST_OF_OWN, most_of_file
from l9stack.inputs.names import (
    IMPLEMENTATIONS,
    collection_files,
    imported_folder,
    lock_file,
    own_templates_folder,
    schema_names,
)

MAX_MODULES = 1000
MAX_TEMPLATES = 200
_ACTING = frozenset({".j2", ".yaml", ".yml"})
"""Files of the folders of meta templates and of default glue that say something; the guide beside them does not."""


class Contents(NamedTuple):
    """What lies below a collection and its templates."""

    folder: bool
    """Whether the collection is a folder, and not a file."""
    schemas: tuple[InputFile, ...]
    """Schemas, glue and answers."""
    implementations: InputFolder
    lock: InputFile | None
    imported: InputFolder
    templates: InputFolder
    meta: InputFolder
    glue: InputFolder


def contents(path: Path, meta: Path, glue: Path, reading: Reading) -> Contents:
    """Everything, read.

    Raises:
        InputError: the path is no file and no folder, or the folder cannot be listed.
    """
    reading.saw(path)
    folder = path.is_dir()
    base = path if folder else path.parent
    kept, own = imported_folder(path, folder=folder), own_templates_folder(path, folder=folder)
    return Contents(
        folder=folder,
        schemas=_schemas(path, base, reading),
        implementations=_implementations(base / IMPLEMENTATIONS, reading),
        lock=_lock(lock_file(path, folder=folder), reading),
        imported=_modules(kept, kept.name, reading),
        templates=_own_templates(own, reading),
        meta=_templates(meta, reading),
        glue=_templates(glue, reading),
    )


def _schemas(path: Path, base: Path, reading: Reading) -> tuple[InputFile, ...]:
    # A link may lead anywhere, and what is read of a schema is printed, stored and put into prompts.
    limits = FileLimits(most_of_file(), links=True, within=base, hint="split the collection into files")
    if path != base:
        for beside in ("glue", "answers"):
            reading.saw(path.with_name(f"{path.stem}.{beside}.yaml"))
    found = collection_files(path)
    files = [reading.file(file, file.name, limits._replace(within=None) if file == path else limits) for file in found]
    return (*_unread(path, found), *files) if path == base else tuple(files)


def _unread(folder: Path, found: list[Path]) -> list[InputFile]:
    """What is called like a schema, but is no file."""
    unread = []
    for file in schema_names(folder):
        if file in found:
            continue
        place = Place(file.name)
        if file.is_symlink() and not file.exists():
            message = f"{file.name} is a link to nothing"
            fault = Problem("unreadable", message, place, "put the file there, or remove the link")
        else:
            kind = "a folder" if file.is_dir() else "no regular file"
            fault = Problem("not-read", f"{file.name} is {kind}, and is not read", place, level="note")
        unread.append(InputFile.refused(file.name, fault))
    return unread


def _implementations(folder: Path, reading: Reading) -> InputFolder:
    """Whatever lies in the user's own packages: a module may have data beside it."""
    shown = f"{IMPLEMENTATIONS}/"
    limits = FileLimits(MOST_OF_OWN, links=True, within=folder, shown=shown, hint="keep what is so large elsewhere")
    names = names_below(folder, reading, hidden=False)
    return InputFolder(IMPLEMENTATIONS, tuple(reading.file(folder / name, name, limits) for name in names))


def _lock(file: Path, reading: Reading) -> InputFile | None:
    reading.saw(file)
    return reading.file(file, file.name, FileLimits(MOST_OF_LOCK, links=True)) if file.is_file() else None


def modules_below(folder: Path, shown: str) -> InputFolder:
    """The files of a folder that is to be imported; `shown` stands before their names in places."""
    return read_settled(lambda reading: _modules(folder, shown, reading), Place(shown))


def meta_templates(folder: Path) -> InputFolder:
    """The files of a folder of meta templates, or of default glue."""
    return read_settled(lambda reading: _templates(folder, reading), Place(str(folder)))


def _modules(folder: Path, shown: str, reading: Reading) -> InputFolder:
    limits = FileLimits(MAX_BYTES, shown=f"{shown}/")
    return _few(folder, shown, limits, MAX_MODULES, reading)


def _own_templates(folder: Path, reading: Reading) -> InputFolder:
    limits = FileLimits(MAX_BYTES, shown=f"{folder.name}/", code="bad-template")
    return _few(folder, folder.name, limits, MAX_TEMPLATES, reading)


def _few(folder: Path, shown: str, limits: FileLimits, most: int, reading: Reading) -> InputFolder:
    names = names_below(folder, reading)
    if len(names) > most:
        message = f"{len(names)} files, at most {most} are read"
        return InputFolder(shown, fault=Problem("too-many-files", message, Place(shown)))
    return InputFolder(shown, tuple(reading.file(folder / name, name, limits) for name in names))


def _templates(folder: Path, reading: Reading) -> InputFolder:
    names = [name for name in names_below(folder, reading) if Path(name).suffix in _ACTING]
    limits = FileLimits(most_of_file(), links=True)
    return InputFolder(str(folder), tuple(reading.file(folder / name, name, limits) for name in names))
