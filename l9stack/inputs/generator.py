"""What generates: l9stack's own code and templates, as they are in this process."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from l9stack.assets import asset

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
_NOT_PRINTED = ("meta", "glue", "project")
"""Folders of templates that print nothing: inputs of a collection, and what a new project begins with."""


def templates_folder() -> Path:
    """The folder of templates that belong to l9stack."""
    return asset("templates")


@cache
def shipped_templates() -> Mapping[str, bytes]:
    """The templates that print, by name as `modules/controller.py.j2`; read once, so that they are what is attested."""
    folder = templates_folder()
    names = [name for name in _names_below(folder) if name.partition("/")[0] not in _NOT_PRINTED]
    return MappingProxyType({name: Path(folder, name).read_bytes() for name in sorted(names)})


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
    names = [f"{part}/{name}" for part in _GENERATING for name in _names_below(_PACKAGE / part)]
    whole = hashlib.sha256()
    for name in sorted([*names, *(entry.name for entry in os.scandir(_PACKAGE))]):
        if name.endswith(".py"):
            whole.update(name.encode() + b"\0" + Path(_PACKAGE, name).read_bytes())
    return whole.hexdigest()


def _names_below(folder: Path) -> list[str]:
    """The names of all files, without a `Path` for each: every command comes by here."""
    start = len(str(folder)) + 1
    return [f"{here}/{name}"[start:] for here, _, files in os.walk(folder) for name in files]
