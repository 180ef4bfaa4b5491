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
    collection_files,
    implementation_files,
    imported_folder,
    own_templates_folder,
    package_digest,
    templates_folder,
)

Settings = Mapping[str, JsonValue]
_ACTING = frozenset({".j2", ".yaml", ".yml"})
"""Files of the template folders that say what is generated; the guide beside them does not."""


def meta_folder(project: Project, meta: str | None) -> Path:
    """The meta templates: those that were named, else the project's, else the shipped ones."""
    if meta is not None:
        folder = Path(meta)
        if not folder.is_dir():
            raise InputError([Problem("no-meta-templates", f"{meta} is no folder", Place(meta), "name templates/meta")])
        return folder
    own = project.root / "templates" / "meta"
    return own if own.is_dir() else templates_folder() / "meta"


def glue_folder(project: Project) -> Path:
    """Where the glue of collections without one lies: the project's templates, else the shipped ones."""
    own = project.root / "templates" / "glue"
    return own if own.is_dir() else templates_folder() / "glue"


def acting_files(folder: Path) -> list[Path]:
    """The files of a folder of templates that say what is generated, sorted."""
    return sorted(file for file in folder.rglob("*") if file.suffix in _ACTING and file.is_file())


def input_digest(path: Path, project: Project, meta: str | None = None, settings: Settings | None = None) -> str:
    """A digest of everything that an extraction depends on: the collection, its code, templates, settings, and us."""
    base = path if path.is_dir() else path.parent
    whole = hashlib.sha256(f"{__version__}\n{package_digest()}\n".encode())
    whole.update(json.dumps(dict(settings or {}), sort_keys=True).encode())
    for file in (*collection_files(path), *implementation_files(base)):
        whole.update(f"\n{file.relative_to(base).as_posix()}\0".encode() + file.read_bytes())
    for name, digest in digests_below(imported_folder(path)).items():
        whole.update(f"\nimported/{name}\0{digest}".encode())
    for name, digest in digests_below(own_templates_folder(path)).items():
        whole.update(f"\ntemplates/{name}\0{digest}".encode())
    for folder in (templates_folder(), meta_folder(project, meta), glue_folder(project)):
        for file in acting_files(folder):
            whole.update(f"\n{file.relative_to(folder).as_posix()}\0".encode() + file.read_bytes())
    return whole.hexdigest()
