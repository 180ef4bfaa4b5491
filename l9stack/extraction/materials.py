"""The files that an extraction is made from, by name and digest: what its attestation binds, and a diff compares."""

from __future__ import annotations

import hashlib
from pathlib import Path

from l9stack.extraction.inputs import acting_files
from l9stack.extraction.prepare import Prepared
from l9stack.files import digests_below
from l9stack.model.collection import SourceFile
from l9stack.sources import imported_folder, package_digest, templates_folder

GENERATOR = "l9stack"
"""The material that stands for our own code, its version included."""


def materials(prepared: Prepared) -> tuple[SourceFile, ...]:
    """The collection's files with its implementations and imported modules, the templates, and the generator."""
    imported = {f"imported/{path}": sha256 for path, sha256 in digests_below(imported_folder(prepared.path)).items()}
    own = [SourceFile(path=path, sha256=sha256) for path, sha256 in (prepared.own_code | imported).items()]
    meta = [
        SourceFile(path=f"templates/meta/{name}", sha256=hashlib.sha256(text.encode()).hexdigest())
        for name, text in sorted(prepared.meta.texts.items())
    ]
    generator = SourceFile(path=GENERATOR, sha256=package_digest())
    return (*prepared.collection.sources, *own, *meta, *_templates(templates_folder()), generator)


def _templates(folder: Path) -> list[SourceFile]:
    found = [(file.relative_to(folder).as_posix(), file) for file in acting_files(folder)]
    return [
        SourceFile(path=f"templates/{name}", sha256=hashlib.sha256(file.read_bytes()).hexdigest())
        for name, file in found
        if not name.startswith("meta/")  # the project's own may be in force: they are listed as they were read
    ]
