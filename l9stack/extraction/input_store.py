"""Inputs that are kept in the store, so that other processes of a deployment speak of the same bytes."""

from __future__ import annotations

from pathlib import Path

from l9stack.errors import InputError, Place, Problem
from l9stack.extraction.packages import Packages
from l9stack.inputs import Inputs, Settings
from l9stack.output.store import Store
from l9stack.project import Project

VARIABLE = "L9_INPUTS"
"""The digest of the kept inputs that a program takes in place of the working files: what `l9 up` has extracted."""


def keep_inputs(inputs: Inputs) -> str:
    """Put every file of the user's into the store; the digest by which they are found."""
    return Store(inputs.project).put_files(inputs.laid_out)


def kept_inputs(project: Project, digest: str, path: Path, settings: Settings) -> Inputs:
    """What was kept of the collection at `path`, whatever lies there now.

    Raises:
        InputError: it is not in the store, or is none of that collection.
    """
    inputs = Inputs.laid_out_at(project, Store(project).path(digest), path, settings)
    if not inputs.contents.schemas:
        message = f"{digest[:12]} in the store holds no inputs of {path.name}"
        raise InputError([Problem("store-entry", message, Place(path.name), "run it again")])
    return inputs


def kept_lock(project: Project, packages: Packages) -> Path:
    """The lock of a collection's packages, in the store."""
    name, store = "requirements.txt", Store(project)
    return store.path(store.put_files({name: packages.data})) / name
