"""The digest of everything that an extraction depends on, by which a known one is found at once.

Light on purpose: a run that finds its extraction known imports this and no stage.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from l9stack import __version__
from l9stack.errors import InputError, Place, Problem
from l9stack.files import digests_below
from l9stack.project import Project
from l9stack.sources import (
    collection_name,
    imported_folder,
    own_templates_folder,
    package_digest,
    source_bytes,
    templates_folder,
    written_files,
)

Settings = Mapping[str, JsonValue]
_ACTING = frozenset({".j2", ".yaml", ".yml"})
"""Files of the template folders that say what is generated; the guide beside them does not."""


def meta_folder(path: Path, project: Project, meta: str | None) -> Path:
    """The meta templates of a collection: those that were named, else the project's, else the shipped ones."""
    if meta is not None:
        folder = Path(meta)
        if not folder.is_dir():
            raise InputError([Problem("no-meta-templates", f"{meta} is no folder", Place(meta), "name templates/meta")])
        return folder
    own = project.home(path) / "templates" / "meta"
    return own if own.is_dir() else templates_folder() / "meta"


def glue_folder(path: Path, project: Project) -> Path:
    """Where the glue of a collection without one lies: the project's templates, else the shipped ones."""
    own = project.home(path) / "templates" / "glue"
    return own if own.is_dir() else templates_folder() / "glue"


def materials(path: Path, project: Project, meta: str | None = None) -> dict[str, str]:
    """Every file that an extraction is made from, by name and SHA-256; our own code is one of them.

    The collection's files are named relative to it. The attestation binds these digests, and `l9 diff` compares them.
    """
    base = path if path.is_dir() else path.parent
    found = {file.relative_to(base).as_posix(): _digest(file) for file in written_files(path)}
    for name, folder in (("imported", imported_folder(path)), ("templates", own_templates_folder(path))):
        found |= {f"{name}/{file}": digest for file, digest in digests_below(folder).items()}
    found |= {name: _digest(file) for name, file in templates(path, project, meta).items()}
    for name, file in _acting(templates_folder()).items():
        if name.partition("/")[0] not in ("meta", "glue"):
            found[f"l9stack/templates/{name}"] = _digest(file)
    return found | {"l9stack": package_digest()}


def templates(path: Path, project: Project, meta: str | None = None) -> dict[str, Path]:
    """The files of the meta templates and of the default glue that are in force for a collection, by name."""
    folders = {"meta": meta_folder(path, project, meta), "glue": glue_folder(path, project)}
    return {
        f"templates/{kind}/{name}": file for kind, folder in folders.items() for name, file in _acting(folder).items()
    }


def _acting(folder: Path) -> dict[str, Path]:
    files = sorted(file for file in folder.rglob("*") if file.suffix in _ACTING and file.is_file())
    return {file.relative_to(folder).as_posix(): file for file in files}


def _digest(file: Path) -> str:
    return hashlib.sha256(source_bytes(file)).hexdigest()


def input_digest(path: Path, project: Project, meta: str | None = None, settings: Settings | None = None) -> str:
    """A digest of everything that an extraction depends on: its materials, the stack's settings, and our version."""
    # The name is in what is generated, too: two collections of one text are two.
    whole = [__version__, collection_name(path), dict(settings or {}), materials(path, project, meta)]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
