"""A release, rendered again: only where that gives what was proven."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from l9stack import __version__
from l9stack.errors import InputError, Problem
from l9stack.extraction.prepare import PreparedCollection, prepare
from l9stack.project import Project
from l9stack.releases.snapshots import Snapshots


def prepare_release(project: Project, named: str, settings: Mapping[str, JsonValue]) -> PreparedCollection:
    """The collection of a release, prepared with a stack's own settings.

    With the settings that it was made with, it has to render to the very tree that was proven then.

    Raises:
        InputError: the release is not here or was changed, or this l9stack renders it otherwise.
    """
    snapshots = Snapshots(project)
    kept = snapshots.open(named)
    proven = prepare(snapshots.inputs(kept, kept.release.settings))
    if proven.tree.digest != kept.release.tree:
        made = kept.release.l9stack
        by = f"l9stack {made}" if made != __version__ else "another state of the same l9stack"
        message = f"release {named[:12]} was made by {by}, and l9stack {__version__} renders it otherwise"
        hint = f"deploy it with l9stack {made}, or make a release with this one: prove it by `l9 up` on another stack"
        raise InputError([Problem("release-renders-otherwise", message, hint=hint)])
    same = dict(settings) == kept.release.settings
    return proven if same else prepare(proven.inputs.with_settings(settings))
