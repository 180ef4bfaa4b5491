"""A collection's last extraction beside what its inputs are now."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from l9stack.errors import InputError, Place, Problem
from l9stack.evidence import signing
from l9stack.evidence.verify import BESIDE_THE_TREE
from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.extraction.published_view import PublishedView, published_view, view_texts
from l9stack.inputs import Inputs, Settings
from l9stack.model.base import Model
from l9stack.output.diff import FileDiff, compare, texts_below
from l9stack.project import Project


class InputChange(Model):
    """A file that the extraction was made from, and what became of it since; `name` is relative to the collection."""

    name: str
    change: Literal["added", "changed", "removed"]


@dataclass(frozen=True)
class LastExtraction:
    """The last published extraction of a collection, beside its inputs as they are now."""

    inputs: Inputs
    view: PublishedView
    up_to_date: bool
    """Whether an extraction would find that its inputs did not change."""

    @property
    def folder(self) -> Path:
        """The extraction's folder."""
        return Path(self.view.folder)

    @cached_property
    def prepared(self) -> PreparedCollection:
        """What would be generated now."""
        return prepare(self.inputs)

    @cached_property
    def texts(self) -> dict[str, str]:
        """The texts as they were published, whatever lies in the folder now."""
        return view_texts(self.inputs.project, self.view)

    def diff(self) -> tuple[FileDiff, ...]:
        """Every file that was edited, or would be generated otherwise. Evidence is compared by hand edits alone."""
        before = {path: text.encode() for path, text in self.texts.items()}
        now = {artifact.path: artifact.text.encode() for artifact in self.prepared.tree.artifacts}
        now |= {path: before[path] for path in BESIDE_THE_TREE & before.keys()}
        owners = {artifact.path: str(artifact.agent) for artifact in self.prepared.tree.artifacts if artifact.agent}
        return compare(before, texts_below(self.folder), now, lambda path: owners.get(path) or self.view.owner(path))

    def changed_inputs(self) -> tuple[InputChange, ...]:
        """The inputs that changed since, by the digests that the attestation holds."""
        if self.up_to_date:
            return ()
        statement = json.loads(b64decode(json.loads(self.texts[signing.NAME])["payload"]))
        before = {item["name"]: item["digest"]["sha256"] for item in statement["predicate"]["inputs"]}
        now = self.inputs.materials
        found = [
            InputChange(name=name, change="added" if name not in before else "changed" if name in now else "removed")
            for name in sorted(before.keys() | now.keys())
            if before.get(name) != now.get(name)
        ]
        # A stack's settings are no file; they are what is left of the digest that covers all inputs.
        return tuple(found) or (InputChange(name="settings of the stack", change="changed"),)


def last_extraction(path: Path, project: Project, meta: str | None, stack: Settings | None) -> LastExtraction:
    """The collection's last extraction. `stack` are the settings with which its stack would extract it.

    Raises:
        InputError: there is none, or its folder is gone.
    """
    inputs = Inputs.read(project, path, meta)
    name = inputs.name
    view = published_view(project, name)
    if view is None:
        problem = Problem("no-extraction", f"{name} has not been extracted", Place(str(path)), f"l9 extract {path}")
        raise InputError([problem])
    if not Path(view.folder).is_dir():
        message = f"the last extraction of {name} is gone: {view.folder}"
        raise InputError([Problem("no-extraction", message, Place(str(path)), f"l9 extract {path}")])
    # `l9 extract` takes no settings of a stack, and `l9 up` does: the view was made by either.
    for settings in (None, stack):
        if (now := inputs.with_settings(settings)).digest == view.input_digest:
            return LastExtraction(now, view, up_to_date=True)
    return LastExtraction(inputs.with_settings(stack), view, up_to_date=False)
