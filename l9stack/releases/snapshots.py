"""Releases in the project: `.l9/releases/<digest>/` with `release.json` and the inputs, checked whenever it is opened.

The folder's name is the digest of `release.json`, which holds the digest of every input: a release proves itself, and
one that was edited is none.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from l9stack import __version__
from l9stack.errors import InputError, Place, Problem
from l9stack.evidence.canonical import canonical, digest, strict_json
from l9stack.extraction.prepare import PreparedCollection
from l9stack.files import contained_path, digests_below, publish, sweep, temporary_folder, write_files
from l9stack.inputs import COLLECTION, Inputs, Settings
from l9stack.model.release import Release
from l9stack.project import Project

RECORD = "release.json"
INPUTS = "inputs"
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_SHORT = re.compile(r"[0-9a-f]{8,64}\Z")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A release that was opened and found intact."""

    digest: str
    release: Release
    path: Path
    """The collection as it was."""


def release_of(prepared: PreparedCollection) -> Release:
    """The release that deploys a prepared collection; writes nothing."""
    inputs = prepared.inputs
    return Release(
        collection=prepared.plan.collection,
        path=f"{COLLECTION}/{inputs.path.name}",
        files=_digests(inputs.laid_out),
        settings=dict(inputs.settings),
        tree=prepared.tree.digest,
        parts={str(agent.id): prepared.tree.part_digest(agent.id) for agent in prepared.plan.agents},
        l9stack=__version__,
    )


def release_digest(release: Release) -> str:
    """The digest that names a release."""
    return digest(release.model_dump(mode="json"))


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


class Snapshots:
    """The releases of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.folder = project.releases

    def keep(self, prepared: PreparedCollection) -> Snapshot:
        """Keep what a prepared collection was made from, under the digest of its release."""
        release = release_of(prepared)
        named = release_digest(release)
        try:
            return self.open(named)
        except InputError:
            return self._made(named, release, prepared.inputs)

    def _made(self, named: str, release: Release, inputs: Inputs) -> Snapshot:
        contents = {f"{INPUTS}/{name}": data for name, data in inputs.laid_out.items()}
        contents[RECORD] = canonical(release.model_dump(mode="json"))
        self.add(named, contents)
        try:
            return self.open(named)
        except InputError:
            # What is here was torn or edited, and the files that it is made of are at hand.
            self.remove(named)
            self.add(named, contents)
            return self.open(named)

    def add(self, named: str, contents: Mapping[str, bytes]) -> None:
        """Put a release's files in their place, all or none."""
        self.folder.mkdir(parents=True, exist_ok=True)
        sweep(self.folder)
        with temporary_folder(self.folder / named) as temporary:
            write_files(temporary, contents.items())
            publish(temporary, self.folder / named)

    def remove(self, named: str) -> None:
        """Forget a release."""
        shutil.rmtree(self.folder / named, ignore_errors=True)

    def open(self, named: str) -> Snapshot:
        """A release by its digest.

        Raises:
            InputError: it is not here, or is not what its digest names.
        """
        folder = self.folder / named
        if not _DIGEST.match(named):
            raise InputError([Problem("bad-release", f"{named!r} is no digest", hint="`l9 releases` lists them")])
        if not folder.is_dir():
            hint = "where it was made, `l9 releases --export DIGEST FILE`; here, `l9 releases --import FILE`"
            raise InputError([Problem("no-release", f"release {named[:12]} is not in this project", hint=hint)])
        try:
            data = (folder / RECORD).read_bytes()
            release = Release.model_validate(strict_json(data))
        except (OSError, ValueError, ValidationError) as error:
            raise _changed(folder, RECORD) from error
        if release_digest(release) != named:
            raise _changed(folder, RECORD)
        found = digests_below(folder / INPUTS)
        for name in sorted(found.keys() | release.files.keys()):
            if not found.get(name) or found[name] != release.files.get(name):
                raise _changed(folder, f"{INPUTS}/{name}")
        return Snapshot(named, release, contained_path(folder / INPUTS, release.path))

    def inputs(self, kept: Snapshot, settings: Settings) -> Inputs:
        """What a release was made from, with a stack's own settings.

        Raises:
            InputError: it was changed since it was opened.
        """
        folder = self.folder / kept.digest
        inputs = Inputs.laid_out_at(self._project, folder / INPUTS, kept.path, settings)
        if _digests(inputs.laid_out) != kept.release.files:
            raise _changed(folder, INPUTS)
        return inputs

    def find(self, short: str) -> Snapshot:
        """A release by its digest, or by eight or more of its first digits.

        Raises:
            InputError: none or several begin so.
        """
        here = [path.name for path in self.folder.glob("*") if _DIGEST.match(path.name)] if _SHORT.match(short) else []
        matching = sorted(name for name in here if name.startswith(short))
        if len(matching) == 1:
            return self.open(matching[0])
        if len(short) == 64:
            return self.open(short)
        state = "several releases begin" if matching else "no release begins"
        hint = "give eight or more digits of a digest that `l9 releases` lists"
        raise InputError([Problem("no-release", f"{state} with {short!r}", hint=hint)])


def _changed(folder: Path, name: str) -> InputError:
    hint = f"remove {folder.name[:12]}… below .l9/releases, and import the release again from where it was made"
    message = f"release {folder.name[:12]} is not what was deployed: this file was changed, added or removed"
    return InputError([Problem("release-changed", message, Place(f"{folder.name}/{name}"), hint)])
