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
    collection_name,
    implementation_files,
    imported_folder,
    own_templates_folder,
    package_digest,
    source_bytes,
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


def materials(path: Path, project: Project, meta: str | None = None) -> dict[str, str]:
    """Every file that an extraction is made from, by name and SHA-256; our own code is one of them.

    The collection's files are named relative to it. The attestation binds these digests, and `l9 diff` compares them.
    """
    base = path if path.is_dir() else path.parent
    own = (*collection_files(path), *implementation_files(base))
    found = {file.relative_to(base).as_posix(): _digest(file) for file in own}
    for name, folder in (("imported", imported_folder(path)), ("templates", own_templates_folder(path))):
        found |= {f"{name}/{file}": digest for file, digest in digests_below(folder).items()}
    shipped, in_force = templates_folder(), {"meta": meta_folder(project, meta), "glue": glue_folder(project)}
    for name, folder in in_force.items():
        found |= {f"templates/{name}/{file}": digest for file, digest in _acting(folder).items()}
    for file, digest in _acting(shipped).items():
        if file.partition("/")[0] not in in_force:
            found[f"l9stack/templates/{file}"] = digest
    return found | {"l9stack": package_digest()}


def _acting(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.suffix in _ACTING and file.is_file())
    return {file.relative_to(folder).as_posix(): _digest(file) for file in files}


def _digest(file: Path) -> str:
    return hashlib.sha256(source_bytes(file)).hexdigest()


def input_digest(path: Path, project: Project, meta: str | None = None, settings: Settings | None = None) -> str:
    """A digest of everything that an extraction depends on: its materials, the stack's settings, and our version."""
    # The name is in what is generated, too: two collections of one text are two.
    whole = [__version__, collection_name(path), dict(settings or {}), materials(path, project, meta)]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
