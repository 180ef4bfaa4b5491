"""`l9 diff`: what became of an extraction."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from l9stack.cli.options import (
    DEFAULT_STACK,
    chosen_collection,
    collection_option,
    exit_code_option,
    json_option,
    meta_option,
    pass_project,
)
from l9stack.cli.printing import is_rich, print_json, table
from l9stack.errors import EXIT_DRIFT, EXIT_OK
from l9stack.project import Project

if TYPE_CHECKING:
    from pydantic import JsonValue

    from l9stack.extraction.last_extraction import LastExtraction
    from l9stack.output.diff import FileDiff, Side

_WORDS = {
    "edited": "edited by hand",
    "regenerated": "inputs changed",
    "both-agree": "both, to the same text",
    "both-merge": "both, they merge",
    "both-conflict": "both, CONFLICT",
}
_COLOURS = {"+": "\033[32m", "-": "\033[31m", "@": "\033[36m", "d": "\033[1m"}


def current_extraction(project: Project, collection: Path | None, meta: str | None) -> LastExtraction:
    """The last extraction of the collection that is meant, or a clear problem."""
    from l9stack.extraction.last_extraction import last_extraction

    path = chosen_collection(project, collection)
    return last_extraction(path, project, meta, _settings(project, path))


def _settings(project: Project, path: Path) -> Mapping[str, JsonValue] | None:
    """The settings with which the project's own stack extracts the collection, where it is the stack's."""
    from l9stack.reading.stack import read_stack

    sources = read_stack(project.root, DEFAULT_STACK)
    own = sources is not None and (project.root / sources.collection).resolve() == path
    return sources.settings if sources and own else None


@click.command()
@collection_option
@meta_option
@exit_code_option("Exit with 3 where something differs.")
@click.option("--stat", is_flag=True, help="Only the summary, without the changed lines.")
@json_option
@pass_project
def diff(
    project: Project, collection: Path | None, meta: str | None, exit_code: bool, stat: bool, as_json: bool
) -> int:
    """Tell edited files from changed schemas, since the last extraction.

    Names each file that a person edited, that the inputs would change, or both.
    """
    found = current_extraction(project, collection, meta)
    inputs, files = found.changed_inputs(), found.diff()
    differs = bool(inputs or files)
    if as_json:
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
        if not stat:
            _print_patches(files)
    return EXIT_DRIFT if exit_code and differs else EXIT_OK


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
    colour = is_rich(sys.stdout)
    for file in files:
        for title, side in (("edited by hand", file.by_hand), ("by changed inputs", file.by_inputs)):
            if side is None:
                continue
            print(f"\n# {file.path}: {title}")
            for line in side.patch.split("\n")[:-1]:
                print(f"{_COLOURS[line[0]]}{line}\033[0m" if colour and line[:1] in _COLOURS else line)
        for conflict in file.conflicts:
            print(f"\n# {file.path}:{conflict.line}: conflict\n{conflict.text}")
