"""What generates: l9stack's own code and templates, as they are in this process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from l9stack.files import files_below

_PACKAGE = Path(__file__).resolve().parents[1]
_GENERATING = (
    "agent",
    "evidence",
    "extraction",
    "gates",
    "inputs",
    "model",
    "output",
    "planning",
    "reading",
    "rendering",
)
_INPUTS = ("meta", "glue")
"""Folders of templates that are inputs of a collection: the project may have others in their place."""


def templates_folder() -> Path:
    """The folder of templates: in a clone at its top, in an installed wheel inside the package."""
    for folder in (_PACKAGE.parent / "templates", _PACKAGE / "_templates"):
        if (folder / "modules").is_dir():
            return folder
    raise FileNotFoundError("l9stack's templates are not installed: neither beside the package nor in it")


@cache
def shipped_templates() -> Mapping[str, bytes]:
    """The templates that print, by name as `modules/controller.py.j2`; read once, so that they are what is attested."""
    folder = templates_folder()
    names = [name for name in files_below(folder) if name.partition("/")[0] not in _INPUTS]
    return MappingProxyType({name: (folder / name).read_bytes() for name in sorted(names)})


@cache
def generator_materials() -> Mapping[str, str]:
    """SHA-256 of each of those templates and of our own code, by the names that an attestation gives them."""
    printing = shipped_templates().items()
    found = {f"l9stack/templates/{name}": hashlib.sha256(data).hexdigest() for name, data in printing}
    return MappingProxyType(found | {"l9stack": package_digest()})


@cache
def generator_digest() -> str:
    """One digest of all that generates."""
    return hashlib.sha256(json.dumps(dict(generator_materials()), sort_keys=True).encode()).hexdigest()


@cache
def package_digest() -> str:
    """A digest of our own code that generates, proves and runs: a changed generator is another generator."""
    files = [file for name in _GENERATING for file in (_PACKAGE / name).rglob("*.py")]
    whole = hashlib.sha256()
    for file in sorted([*files, *_PACKAGE.glob("*.py")]):
        whole.update(file.relative_to(_PACKAGE).as_posix().encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()
