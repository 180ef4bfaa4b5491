"""`l9 graph`: who depends on whom, and who calls whom."""

from __future__ import annotations

from pathlib import Path

import click

from l9stack.cli.options import chosen_collection, json_option, meta_option, one_path, pass_project, path_argument
from l9stack.cli.printing import print_json
from l9stack.project import Project


@click.command()
@path_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "mermaid", "json")),
    default="text",
    show_default=True,
    help="How it is drawn; json is what --json prints.",
)
@meta_option
@json_option
@pass_project
def graph(
    project: Project, path: Path | None, collection: Path | None, form: str, meta: str | None, as_json: bool
) -> int:
    """Show agents, dependencies, waves and wirings."""
    from l9stack.extraction.prepare import plan_of
    from l9stack.inputs import Inputs
    from l9stack.planning import drawing

    chosen = chosen_collection(project, one_path(path, collection))
    _, plan = plan_of(Inputs.read(project, chosen, meta))
    if as_json or form == "json":
        print_json(drawing.as_data(plan))
    else:
        print(drawing.as_mermaid(plan) if form == "mermaid" else drawing.as_text(plan))
    return 0
