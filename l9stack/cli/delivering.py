"""`l9 diff` and `l9 deliver`: what became of an extraction, and where it goes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from l9stack.cli.arguments import DEFAULT_STACK, collection_of, existing_path, project_of
from l9stack.cli.printing import print_json, table
from l9stack.errors import EXIT_DRIFT, EXIT_OK, InputError, Place, Problem
from l9stack.extraction.last_extraction import LastExtraction, last_extraction
from l9stack.project import Project
from l9stack.reading.stack import read_stack

if TYPE_CHECKING:
    from l9stack.output.diff import FileDiff, Side

_WORDS = {
    "edited": "edited by hand",
    "regenerated": "inputs changed",
    "both-agree": "both, to the same text",
    "both-merge": "both, they merge",
    "both-conflict": "both, CONFLICT",
}
_DONE = {"create": "created", "update": "updated", "merge": "merged", "remove": "removed", "keep": "kept"}
_COLOURS = {"+": "\033[32m", "-": "\033[31m", "@": "\033[36m", "d": "\033[1m"}


def _current(arguments: argparse.Namespace) -> LastExtraction:
    """The last extraction of the collection that is meant, or a clear problem."""
    project = project_of(arguments)
    path = collection_of(arguments, project)
    return last_extraction(path, project, arguments.meta, _settings(project, path))


def _settings(project: Project, path: Path) -> Mapping[str, JsonValue] | None:
    """The settings with which the project's own stack extracts the collection, where it is the stack's."""
    sources = read_stack(project.root, DEFAULT_STACK)
    own = sources is not None and (project.root / sources.collection).resolve() == path
    return sources.settings if sources and own else None


def diff(arguments: argparse.Namespace) -> int:
    """Name each file that a person edited, that the inputs would change, or both; with --exit-code, 3 for any."""
    found = _current(arguments)
    inputs, files = found.changed_inputs(), found.diff()
    differs = bool(inputs or files)
    if arguments.json:
        print_json(
            {
                "collection": found.view.collection,
                "extraction": found.view.folder,
                "differs": differs,
                "inputs": [item.model_dump() for item in inputs],
                "files": [{"state": file.state, **file.model_dump(mode="json")} for file in files],
            }
        )
    else:
        if not differs:
            print(f"{found.view.folder}: nothing was edited, and the inputs are the same")
        for item in inputs:
            print(f"input {item.change}: {item.name}")
        print("\n".join(_summary(files)), end="\n" if files else "")
        if not arguments.stat:
            _print_patches(files)
    return EXIT_DRIFT if arguments.exit_code and differs else EXIT_OK


def _summary(files: tuple[FileDiff, ...]) -> Iterator[str]:
    """A block for each agent, then one line of totals."""
    for owner, group in groupby(files, key=lambda file: file.owner):
        rows = []
        for file in group:
            rows.append((f"  {_WORDS[file.state]}", file.path, _size(file)))
        yield owner
        yield table(rows)
    counts = {state: sum(file.state == state for file in files) for state in _WORDS}
    if files:
        yield f"{len(files)} files: " + ", ".join(
            f"{count} {_WORDS[state]}" for state, count in counts.items() if count
        )


def _size(file: FileDiff) -> str:
    """What each side did to the file, and where they conflict."""
    parts = [f"{name} {_lines(side)}" for name, side in (("hand", file.by_hand), ("inputs", file.by_inputs)) if side]
    where = ", ".join(str(conflict.line) for conflict in file.conflicts)
    return "; ".join([*parts, f"conflict at line {where}"] if where else parts)


def _lines(side: Side) -> str:
    word = "" if side.change == "changed" else f" ({side.change})"
    return f"+{side.added} -{side.removed}{word}"


def _print_patches(files: tuple[FileDiff, ...]) -> None:
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for file in files:
        for title, side in (("edited by hand", file.by_hand), ("by changed inputs", file.by_inputs)):
            if side is None:
                continue
            print(f"\n# {file.path}: {title}")
            for line in side.patch.split("\n")[:-1]:
                print(f"{_COLOURS[line[0]]}{line}\033[0m" if colour and line[:1] in _COLOURS else line)
        for conflict in file.conflicts:
            print(f"\n# {file.path}:{conflict.line}: conflict\n{conflict.text}")


def deliver(arguments: argparse.Namespace) -> int:
    """Put the last extraction into a checkout; with --commit, as one commit of it and nothing else."""
    from l9stack.extraction.delivery import parcel
    from l9stack.output import deliver as output
    from l9stack.output.commit import commit, require_clean_index

    found, root = _current(arguments), existing_path(arguments.path)
    _require_elsewhere(root, found)
    ready = parcel(found)
    if arguments.commit:
        require_clean_index(root)
    favour = None if arguments.conflicts == "refuse" else arguments.conflicts
    done = output.deliver(root, ready, favour, dry_run=arguments.dry_run)
    made = None
    if arguments.commit and not arguments.dry_run:
        message = f"extraction: {ready.collection} agents (phases 0-6 complete, evidence signed)"
        made = commit(root, done.paths, message)
    told = [step for step in done.steps if step.action != "same"]
    if arguments.json:
        print_json(
            {
                "collection": ready.collection,
                "extraction": str(found.folder),
                "path": str(root),
                "dry_run": arguments.dry_run,
                "changed": done.changed,
                "files": [{"path": step.path, "action": step.action, "why": step.why} for step in told],
                "commit": made,
            }
        )
        return EXIT_OK
    for step in told:
        print(f"{step.action:6}  {step.path}" + (f"  ({step.why})" if step.why else ""))
    if not done.changed:
        print(f"{root}: nothing to deliver")
    else:
        counts = ", ".join(f"{done.count(action)} {word}" for action, word in _DONE.items() if done.count(action))
        verb = "would deliver" if arguments.dry_run else "delivered"
        print(f"{root}: {verb} {ready.collection}: {counts or 'the record alone'}")
    if made:
        print(f"commit {made}")
    elif done.changed and not arguments.dry_run:
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
