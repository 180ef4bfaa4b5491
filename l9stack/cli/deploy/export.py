"""`l9 export compose`: a stack for whoever has Compose alone."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from l9stack.cli.options import json_option, pass_stack_project, stack_name, stack_option
from l9stack.cli.printing import print_json, print_table
from l9stack.errors import EXIT_OK
from l9stack.project import Project


@click.command()
@click.argument("form", metavar="compose", type=click.Choice(("compose",)))
@stack_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The folder (default: deployments/STACK/compose)."
)
@json_option
@pass_stack_project
def export(project: Project, form: str, stack: str | None, output: Path | None, as_json: bool) -> int:
    """Write a stack as a folder that `docker compose up` runs.

    The same containers as those of the stack.
    """
    from l9stack.infra.compose.export import export_compose

    name = stack_name(stack)
    folder = output.resolve() if output else project.deployment(name) / "compose"
    done = export_compose(project, name, folder)
    if as_json:
        print_json({"folder": str(folder), "services": list(done.services), "endpoints": dict(done.endpoints)})
        return EXIT_OK
    print_table([("AGENT", "WILL ANSWER AT"), *done.endpoints.items()])
    print(f"\nwritten: {folder}\nnext:\n  cd {shlex.quote(str(folder))} && docker compose up --detach --wait")
    return EXIT_OK
