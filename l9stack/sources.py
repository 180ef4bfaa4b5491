"""The files that an extraction depends on."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from l9stack.names import identifier

_SUFFIXES = (".yaml", ".yml", ".md")
_GENERATING = ("agent", "evidence", "extraction", "gates", "model", "output", "planning", "reading", "rendering")


def collection_name(path: Path) -> str:
    """The name of the collection that a file or a folder holds; `collection` where no identifier can be made of it."""
    return identifier(path.name if path.is_dir() else path.stem) or "collection"


def collection_files(path: Path) -> list[Path]:
    """The files of a collection, sorted: the schemas, and glue and answers beside them."""
    if path.is_file():
        beside = [path.with_name(f"{path.stem}.glue.yaml"), path.with_name(f"{path.stem}.answers.yaml")]
        return [path, *(file for file in beside if file.is_file())]
    return sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())


def implementation_files(base: Path) -> list[Path]:
    """The Python files of the user's own `implementations` folder, sorted."""
    folder = base / "implementations"
    return sorted(file for file in folder.rglob("*.py") if file.is_file()) if folder.is_dir() else []


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
