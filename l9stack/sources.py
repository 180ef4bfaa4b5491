"""The files that an extraction depends on."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from l9stack.errors import InputError, Place, Problem
from l9stack.names import identifier

SUFFIXES = (".yaml", ".yml", ".md")
_GENERATING = ("agent", "evidence", "extraction", "gates", "model", "output", "planning", "reading", "rendering")


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


def answers_file(path: Path) -> Path:
    """Where the answers of a collection stand, whether they are there or not."""
    return path / "answers.yaml" if path.is_dir() else path.with_name(f"{path.stem}.answers.yaml")


def schema_names(folder: Path) -> list[Path]:
    """Whatever in a folder is called like a schema, sorted: also what is no file, and cannot be read as one."""
    try:
        return sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    except OSError as error:
        message = f"{folder.name} cannot be listed: {error.strerror}"
        hint = "give a regular file or a folder that you may read"
        raise InputError([Problem("unreadable", message, Place(folder.name), hint)]) from error


def source_bytes(file: Path, most: int | None = None) -> bytes:
    """The bytes of a file of a collection.

    Raises:
        InputError: where it cannot be read, or has more than `most` bytes.
    """
    try:
        too_large = most is not None and file.stat().st_size > most
        data = b"" if too_large else file.read_bytes()
    except OSError as error:
        message = f"{file.name} cannot be read: {error.strerror}"
        raise InputError([Problem("unreadable", message, Place(file.name), "check who may read it")]) from error
    if too_large:
        message = f"{file.name} is larger than {most} bytes"
        raise InputError([Problem("too-large", message, Place(file.name), "split the collection into files")])
    return data


def implementation_files(base: Path) -> list[Path]:
    """The Python files of the user's own `implementations` folder, sorted."""
    folder = base / "implementations"
    return sorted(file for file in folder.rglob("*.py") if file.is_file()) if folder.is_dir() else []


def lock_files(path: Path) -> list[Path]:
    """The lock of a collection's own packages, if any: `requirements.txt`, or `NAME.requirements.txt` beside a file."""
    file = path / "requirements.txt" if path.is_dir() else path.with_name(f"{path.stem}.requirements.txt")
    return [file] if file.is_file() else []


def written_files(path: Path) -> list[Path]:
    """What a collection's author wrote, but for the folders of own templates and imported modules."""
    base = path if path.is_dir() else path.parent
    return [*collection_files(path), *implementation_files(base), *lock_files(path)]


def own_templates_folder(path: Path) -> Path:
    """Where a collection's own templates lie: `templates`, or `NAME.templates` beside a file."""
    return path / "templates" if path.is_dir() else path.with_name(f"{path.stem}.templates")


def imported_folder(path: Path) -> Path:
    """Where modules that were imported into a collection are kept: `imported`, or `NAME.imported` beside a file."""
    return path / "imported" if path.is_dir() else path.with_name(f"{path.stem}.imported")


def templates_folder() -> Path:
    """The folder of templates: in a clone at its top, in an installed wheel inside the package."""
    package = Path(__file__).resolve().parent
    for folder in (package.parent / "templates", package / "_templates"):
        if (folder / "modules").is_dir():
            return folder
    raise FileNotFoundError("l9stack's templates are not installed: neither beside the package nor in it")


@cache
def package_digest() -> str:
    """A digest of our own code that generates, proves and runs: a changed generator is another generator."""
    package = Path(__file__).resolve().parent
    files = [file for name in _GENERATING for file in (package / name).rglob("*.py")]
    whole = hashlib.sha256()
    for file in sorted([*files, *package.glob("*.py")]):
        whole.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()
