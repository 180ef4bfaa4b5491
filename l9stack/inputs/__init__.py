"""The inputs of an extraction as one value: read once, and all that any later stage knows of the files.

What is attested, reported, recalled, released and compared are these bytes, whatever becomes of the files meanwhile.
Light on purpose: a run that finds its extraction known imports this and no stage.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pydantic import JsonValue

from l9stack import __version__
from l9stack.errors import Place
from l9stack.inputs.files import InputFile, InputFolder, read_settled
from l9stack.inputs.generator import generator_materials
from l9stack.inputs.names import IMPLEMENTATIONS, glue_folder, meta_folder
from l9stack.inputs.read import Contents, contents
from l9stack.names import identifier
from l9stack.project import Project

Settings = Mapping[str, JsonValue]
COLLECTION = "collection"
"""The folder of the collection where inputs are laid out; templates lie beside it."""


@dataclass(frozen=True)
class Inputs:
    """Everything that an extraction is made from."""

    project: Project
    path: Path
    """The collection's file or folder, as it was named; no stage opens it, or anything below it."""
    contents: Contents = field(repr=False)
    settings: Settings
    """Those of the stack."""

    @classmethod
    def read(cls, project: Project, path: Path, meta: str | None = None, settings: Settings | None = None) -> Inputs:
        """Read the collection at `path` with the meta templates that are in force, or those of the folder `meta`.

        What is wrong with single files stands in the value, for their readers to tell.

        Raises:
            InputError: there is no collection, `meta` is no folder, or the files change all the time.
        """
        templates, glue = meta_folder(project, meta), glue_folder(project)
        found = read_settled(lambda reading: contents(path, templates, glue, reading), Place(path.name))
        return cls(project, path, found, dict(settings or {}))

    @classmethod
    def laid_out_at(cls, project: Project, folder: Path, path: Path, settings: Settings | None = None) -> Inputs:
        """What `folder` holds, as `laid_out` has it, of the collection that lies or lay at `path`."""
        there, templates = folder / COLLECTION / path.name, folder / "templates"
        found = read_settled(
            lambda reading: contents(there, templates / "meta", templates / "glue", reading), Place(path.name)
        )
        return cls(project, path, found, dict(settings or {}))

    def with_settings(self, settings: Settings | None) -> Inputs:
        """The same files with the settings of another stack."""
        return replace(self, settings=dict(settings or {}))

    @property
    def stem(self) -> str:
        """What the collection is called on disk."""
        return self.path.name if self.contents.folder else self.path.stem

    @property
    def name(self) -> str:
        """The collection's name; `collection` where no identifier can be made of what it is called."""
        return identifier(self.stem) or COLLECTION

    @property
    def root(self) -> Path:
        """The folder to which the names of the collection's files are relative."""
        return self.path if self.contents.folder else self.path.parent

    @property
    def answers_file(self) -> str:
        """The name of the file of answers, whether it is there or not."""
        return "answers.yaml" if self.contents.folder else f"{self.stem}.answers.yaml"

    @property
    def own_code(self) -> dict[str, str]:
        """Digests of the user's own files below `implementations`, by path."""
        return {f"{IMPLEMENTATIONS}/{file.name}": file.sha256 for file in self.contents.implementations.files}

    @cached_property
    def collection(self) -> Mapping[str, str]:
        """SHA-256 of every file of the collection, by name; empty for one that could not be taken."""
        found = self.contents
        lock = [found.lock] if found.lock else []
        noted = [file for file in found.schemas if file.fault and file.fault.level == "note"]  # they are not read
        digests = {file.name: file.sha256 for file in (*found.schemas, *lock) if file not in noted} | self.own_code
        return digests | _digests("imported", found.imported) | _digests("templates", found.templates)

    @cached_property
    def materials(self) -> Mapping[str, str]:
        """Every file that an extraction is made from, by name and SHA-256; our own code is one of them.

        The collection's files are named relative to it. The attestation binds these digests, and `l9 diff` compares
        them.
        """
        found = _digests("templates/meta", self.contents.meta) | _digests("templates/glue", self.contents.glue)
        return {**self.collection, **found, **generator_materials()}

    @cached_property
    def digest(self) -> str:
        """A digest of everything that an extraction depends on: materials, the stack's settings, and our version."""
        # The name is in what is generated, too: two collections of one text are two.
        whole = [__version__, self.name, self.settings, self.materials]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()

    @cached_property
    def laid_out(self) -> Mapping[str, bytes]:
        """Every file of the user's, at its path where inputs are kept, from which they can be read again."""
        found = self.contents
        beneath = f"{COLLECTION}/{self.path.name}" if found.folder else COLLECTION
        files = {f"{beneath}/{file.name}": file for file in (*found.schemas, *([found.lock] if found.lock else []))}
        for at, folder in (
            (f"{beneath}/{IMPLEMENTATIONS}", found.implementations),
            (f"{beneath}/{found.imported.shown}", found.imported),
            (f"{beneath}/{found.templates.shown}", found.templates),
            ("templates/meta", found.meta),
            ("templates/glue", found.glue),
        ):
            files |= {f"{at}/{file.name}": file for file in folder.files}
        return {name: file.data for name, file in sorted(files.items()) if file.fault is None}


def _digests(at: str, folder: InputFolder) -> dict[str, str]:
    files: dict[str, str] = {f"{at}/": ""} if folder.fault else {}
    return files | {f"{at}/{file.name}": file.sha256 for file in folder.files}


__all__ = ["COLLECTION", "InputFile", "InputFolder", "Inputs", "Settings"]
