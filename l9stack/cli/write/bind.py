"""`l9 bind`: from an operation that nobody has bound to a function and a test of the user's own."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from l9stack.cli.options import (
    DEFAULT_STACK,
    chosen_collection,
    collection_option,
    json_option,
    meta_option,
    pass_project,
)
from l9stack.cli.printing import print_json
from l9stack.errors import Place
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.binding.answers import Edit
    from l9stack.binding.scaffold import Scaffold


@click.command()
@click.argument("operation", metavar="AGENT.OPERATION")
@collection_option
@meta_option
@json_option
@pass_project
def bind(project: Project, operation: str, collection: Path | None, meta: str | None, as_json: bool) -> int:
    """Write a typed function and a failing example test for an operation.

    Says what was written, what comes next, and how to take it back.
    """
    from l9stack.binding.scaffold import scaffold
    from l9stack.extraction.prepare import plan_of
    from l9stack.inputs import Inputs

    path = chosen_collection(project, collection)
    inputs = Inputs.read(project, path, meta)
    read, plan = plan_of(inputs)
    made = scaffold(inputs, read, plan, operation)
    made.write()
    answers, lines = _shown(made.edit.file), made.edit.lines
    stack = f" --stack {DEFAULT_STACK}-{plan.collection}" if collection else ""
    commands = _commands(made, _shown(path), collection is not None, stack)
    if as_json:
        print_json(
            {
                "ok": True,
                "operation": made.chosen.name,
                "implementation": made.chosen.target,
                "written": [str(file) for file in made.files],
                "answers": {
                    "file": str(made.edit.file),
                    "first": made.edit.first,
                    "last": made.edit.last,
                    "replaced": made.edit.replaced,
                },
                "commands": commands,
            }
        )
        return 0
    print(f"{made.chosen.name} is bound to {made.chosen.target}")
    for file in made.files:
        print(f"  {_shown(file)}: new")
    print(f"  {answers}:{lines}: the binding")
    print(f"next: write the body in {Place(_shown(made.function), _body_line(made))}, then")
    for command in commands.values():
        print(f"  {command}")
    print(f"to take it back: remove the new files; {_undone(made.edit)} in {answers}")
    return 0


def _commands(made: Scaffold, path: str, named: bool, stack: str) -> dict[str, str]:
    """What comes next, ready to be copied."""
    from l9stack.rendering.samples import record

    python = "python" if shutil.which("python") == sys.executable else sys.executable
    example = json.dumps(record(made.chosen.operation.request or ()))
    up = f"l9 up --collection {shlex.quote(path)}" if named else "l9 up"
    return {
        "test": f"{shlex.quote(python)} -m pytest {shlex.quote(_shown(made.test))}",
        "extract": f"l9 extract {shlex.quote(path)}",
        "deploy": up,
        "call": f"l9 call {made.chosen.name} --data {shlex.quote(example)}{stack}",
    }


def _undone(edit: Edit) -> str:
    if edit.replaced:
        return f"write `{edit.replaced}` back into line {edit.lines}"
    return f"remove line{'s' if edit.last > edit.first else ''} {edit.lines}"


def _body_line(made: Scaffold) -> int:
    lines = made.files[made.function].splitlines()
    return next(number for number, line in enumerate(lines, start=1) if "raise NotImplementedError" in line)


def _shown(path: Path) -> str:
    """Relative to the working directory where it lies below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
