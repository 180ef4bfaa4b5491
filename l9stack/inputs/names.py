"""Where the inputs of a collection lie, and what they are called."""

from __future__ import annotations

from pathlib import Path

from l9stack.errors import InputError, Place, Problem
from l9stack.inputs.generator import templates_folder
from l9stack.names import identifier
from l9stack.project import Project

SUFFIXES = (".yaml", ".yml", ".md")
IMPLEMENTATIONS = "implementations"
"""The folder beside a collection that holds the user's own packages; no extraction writes to it."""


def collection_name(path: Path) -> str:
    """The name of the collection that a file or a folder holds; `collection` where no identifier can be made of it."""
    return identifier(path.name if path.is_dir() else path.stem) or "collection"


def collection_files(path: Path) -> list[Path]:
    """The files of a collection, sorted: the schemas, and glue and answers beside them.

    Raises:
        InputError: where the path is no file and no folder, or the folder cannot be listed.
    """
    if path.is_file():
        beside = [path.with_name(f"{path.stem}.glue.yaml"), path.with_name(f"{path.stem}.answers.yaml")]
        return [path, *(file for file in beside if file.is_file())]
    return [file for file in schema_names(path) if file.is_file()]


def schema_names(folder: Path) -> list[Path]:
    """Whatever in a folder is called like a schema, sorted: also what is no file, and cannot be read as one.

    What is hidden belongs to editors and file systems: `.#agents.yaml` is a lock of Emacs, `._agents.yaml` macOS's.
    """
    try:
        found = sorted(folder.iterdir())
        return [file for file in found if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")]
    except OSError as error:
        message = f"{folder.name} cannot be listed: {error.strerror}"
        hint = "give a regular file or a folder that you may read"
        raise InputError([Problem("unreadable", message, Place(folder.name), hint)]) from error


def lock_file(path: Path, *, folder: bool) -> Path:
    """Where the lock of a collection's own packages lies, whether it is there or not."""
    return path / "requirements.txt" if folder else path.with_name(f"{path.stem}.requirements.txt")


def own_templates_folder(path: Path, *, folder: bool) -> Path:
    """Where a collection's own templates lie: `templates`, or `NAME.templates` beside a file."""
    return path / "templates" if folder else path.with_name(f"{path.stem}.templates")


def imported_folder(path: Path, *, folder: bool) -> Path:
    """Where modules that were imported into a collection are kept: `imported`, or `NAME.imported` beside a file."""
    return path / "imported" if folder else path.with_name(f"{path.stem}.imported")


def meta_folder(project: Project, meta: str | None) -> Path:
    """The meta templates of a collection: those that were named, else the project's, else the shipped ones.

    Raises:
        InputError: where what was named is no folder.
    """
    if meta is not None:
        folder = Path(meta)
        if not folder.is_dir():
            raise InputError([Problem("no-meta-templates", f"{meta} is no folder", Place(meta), "name templates/meta")])
        return folder
    own = project.root / "templates" / "meta"
    return own if own.is_dir() else templates_folder() / "meta"


def glue_folder(project: Project) -> Path:
    """Where the glue of a collection without one lies: the project's templates, else the shipped ones."""
    own = project.root / "templates" / "glue"
    return own if own.is_dir() else templates_folder() / "glue"
