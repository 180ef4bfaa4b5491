"""`l9 init`: a folder becomes a project that `l9 up` deploys."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import click

from l9stack.cli.options import json_option
from l9stack.cli.printing import print_json
from l9stack.extras import install_command, missing_distributions
from l9stack.starter import beginning_of, make_project


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=".")
@click.option("--example", is_flag=True, help="Begin with the claims desk, an example of five agents.")
@json_option
def init(folder: Path, example: bool, as_json: bool) -> int:
    """Make a folder a project, with two agents to begin with.

    FOLDER is the working directory where none is named, and is made where it is not there. Nothing that is there is
    written over.
    """
    root = folder.resolve()
    project = make_project(root, beginning_of(example=example))
    steps = next_steps(root)
    if as_json:
        print_json(
            {
                "ok": True,
                "project": str(root),
                "collection": project.collection,
                "made": list(project.made),
                "kept": list(project.kept),
                "not_ignored": list(project.not_ignored),
                "next": steps,
            }
        )
        return 0
    print(f"made in {root}:", *(f"  {name}" for name in project.made), sep="\n")
    for name in project.kept:
        print(f"{name} was there already, and is as it was")
    if project.not_ignored:
        print(
            ".gitignore lacks these lines; private keys lie below .l9/:",
            *(f"  {line}" for line in project.not_ignored),
            sep="\n",
        )
    print("\nnext:", *(f"  {step}" for step in steps), sep="\n")
    return 0


def next_steps(root: Path) -> list[str]:
    """What leads from a new project to running agents, in this shell and this environment."""
    steps = [] if root == Path.cwd() else [f"cd {shlex.quote(str(root))}"]
    beside = Path(sys.executable).parent
    found = shutil.which("l9")
    if not (found and Path(found).parent == beside) and (beside / "activate").is_file():
        steps.append(f"source {shlex.quote(str(beside / 'activate'))}")
    if missing_distributions("deploy"):
        steps.append(install_command("deploy"))
    return [*steps, "l9 up"]
