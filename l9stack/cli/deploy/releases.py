"""`l9 releases`: what was deployed to a stack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from l9stack.cli.options import json_option, pass_stack_project, stack_name, stack_option, stack_words
from l9stack.cli.printing import print_json, print_table
from l9stack.cli.progress_line import ProgressLine
from l9stack.errors import EXIT_OK, InputError
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.engine.drive import StackEngine
    from l9stack.model.release import DeployedRelease, Release
    from l9stack.releases.snapshots import Snapshot

SHOWN = 12
"""Digits of a digest that people see; eight name a release."""


@click.command()
@stack_option
@click.option("--export", nargs=2, metavar="DIGEST FILE", help="Write a release to a file.")
@click.option("--import", "import_", metavar="FILE", type=click.Path(path_type=Path), help="Take one from such a file.")
@json_option
@pass_stack_project
def releases(
    project: Project, stack: str | None, export: tuple[str, str] | None, import_: Path | None, as_json: bool
) -> int:
    """List what was deployed to a stack, newest first.

    Or write a release to a file, or take one from such a file: for a machine that has none of it.
    """
    from l9stack.cli.deploy.checks import known_stack, pinned_release
    from l9stack.engine.drive import StackEngine
    from l9stack.releases.archives import export_release, import_release

    if sum(map(bool, (stack, export, import_))) > 1:
        raise click.UsageError("one of --stack, --export and --import at a time")
    if export:
        return _print_snapshot(export_release(project, export[0], Path(export[1])), as_json=as_json)
    if import_:
        return _print_snapshot(import_release(project, import_), as_json=as_json)
    name = stack_name(stack)
    engine = StackEngine(project, known_stack(project, name), ProgressLine(quiet=as_json))
    history, failed, pinned = deployed_releases(engine), engine.failed(), pinned_release(project, name)
    rows = _rows(project, history)
    if as_json:
        print_json({"stack": name, "pinned": pinned or None, "last_deployment_failed": failed, "releases": rows})
        return EXIT_OK
    if not rows:
        print(f"stack {name} has no release yet: `l9 up{stack_words(name)}` makes the first")
        return EXIT_OK
    head = ("DEPLOYED", "RELEASE", "BY", "L9STACK", "GATES", "HEALTH", "CHANGED")
    lines = [
        (row["at"], row["release"][:SHOWN], row["by"], row["l9stack"], row["gates"], row["health"], _changes(row))
        for row in rows
    ]
    print_table([head, *lines])
    if failed:
        print("\nthe last deployment failed, was cut off, or goes on: the stack is past the newest of these")
    if pinned:
        again = f"`l9 up{stack_words(name)} --unpin` deploys the working files again"
        print(f"\npinned to {pinned[:SHOWN]}; {again}")
    return EXIT_OK


def _print_snapshot(kept: Snapshot, *, as_json: bool) -> int:
    release = kept.release
    if as_json:
        print_json({"release": kept.digest, "collection": release.collection, "l9stack": release.l9stack})
    else:
        print(f"{kept.digest}  {release.collection}, made by l9stack {release.l9stack}")
    return EXIT_OK


def deployed_releases(engine: StackEngine) -> list[DeployedRelease]:
    """What was deployed to a stack, the oldest first, from its outputs."""
    from l9stack.model.release import DeployedRelease

    return [DeployedRelease.model_validate(entry) for entry in engine.outputs().get("releases") or ()]


def kept_release(project: Project, history: list[DeployedRelease]) -> Release | None:
    """The record of the newest release of a history, where it is here."""
    from l9stack.releases.snapshots import Snapshots

    try:
        return Snapshots(project).open(history[-1].release).release if history else None
    except InputError:
        return None


def _rows(project: Project, history: list[DeployedRelease]) -> list[dict[str, Any]]:
    """A history's entries with what changed in each, newest first."""
    from l9stack.releases.history import changed_agents

    rows: list[dict[str, Any]] = []
    for number, entry in enumerate(history):
        own, old = kept_release(project, [entry]), kept_release(project, history[:number])
        known = own is not None and (old is not None or number == 0)
        changed = changed_agents(old, own) if own is not None and known else None
        # An entry is written when every agent answered that it is well.
        rows.append(entry.model_dump() | {"health": "ok", "changed": changed, "here": own is not None})
    return rows[::-1]


def _changes(row: dict[str, Any]) -> str:
    if row["changed"] is None:
        return "not in this project"
    return ", ".join(row["changed"]) or "settings, or the collection's own files"
