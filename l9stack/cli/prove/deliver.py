"""`l9 deliver`: where an extraction goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from l9stack.cli.options import EXISTING, collection_option, json_option, meta_option, pass_project
from l9stack.cli.printing import print_json
from l9stack.errors import EXIT_OK, InputError, Place, Problem
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.extraction.last_extraction import LastExtraction

_FAVOUR: dict[str, Literal["mine", "new"] | None] = {"refuse": None, "mine": "mine", "new": "new"}
_DONE = {"create": "created", "update": "updated", "merge": "merged", "remove": "removed", "keep": "kept"}


@click.command()
@click.argument("path", metavar="CHECKOUT", type=EXISTING)
@collection_option
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--commit", "commits", is_flag=True, help="Commit what was delivered, with the guide's message.")
@click.option(
    "--conflicts",
    type=click.Choice(tuple(_FAVOUR)),
    default="refuse",
    show_default=True,
    help="Lines that both sides changed: refuse to deliver, keep mine, or take the new ones.",
)
@meta_option
@json_option
@pass_project
def deliver(
    project: Project,
    *,
    path: Path,
    collection: Path | None,
    dry_run: bool,
    commits: bool,
    conflicts: str,
    meta: str | None,
    as_json: bool,
) -> int:
    """Put an extraction into a checkout, merging hand edits.

    With --commit, as one commit of it and nothing else.
    """
    from l9stack.cli.prove.diff import current_extraction
    from l9stack.extraction.delivery import parcel
    from l9stack.output import deliver as output
    from l9stack.output.commit import commit, require_clean_index

    found = current_extraction(project, collection, meta)
    _require_elsewhere(path, found)
    ready = parcel(found)
    if commits:
        require_clean_index(path)
    done = output.deliver(path, ready, _FAVOUR[conflicts], dry_run=dry_run)
    made = None
    if commits and not dry_run:
        message = f"extraction: {ready.collection} agents (phases 0-6 complete, evidence signed)"
        made = commit(path, done.paths, message)
    told = [step for step in done.steps if step.action != "same"]
    if as_json:
        print_json(
            {
                "collection": ready.collection,
                "extraction": str(found.folder),
                "path": str(path),
                "dry_run": dry_run,
                "changed": done.changed,
                "files": [{"path": step.path, "action": step.action, "why": step.why} for step in told],
                "commit": made,
            }
        )
        return EXIT_OK
    for step in told:
        print(f"{step.action:6}  {step.path}" + (f"  ({step.why})" if step.why else ""))
    if not done.changed:
        print(f"{path}: nothing to deliver")
    else:
        counts = ", ".join(f"{done.count(action)} {word}" for action, word in _DONE.items() if done.count(action))
        verb = "would deliver" if dry_run else "delivered"
        print(f"{path}: {verb} {ready.collection}: {counts or 'the record alone'}")
    if made:
        print(f"commit {made}")
    elif done.changed and not dry_run:
        print("packages: requirements-l9stack.txt; tests: pytest tests/codegen_integration/ -v --tb=short")
    return EXIT_OK


def _require_elsewhere(root: Path, found: LastExtraction) -> None:
    """A checkout is a folder that is neither an extraction nor the project's state."""
    problem = None
    if not root.is_dir():
        problem = Problem("not-a-folder", f"{root} is no folder", Place(str(root)), "name a checkout")
    elif any(root.is_relative_to(folder) for folder in (found.folder.resolve(), found.inputs.project.state.resolve())):
        problem = Problem("inside-extraction", f"{root} belongs to the extraction", Place(str(root)), "name a checkout")
    if problem:
        raise InputError([problem])
