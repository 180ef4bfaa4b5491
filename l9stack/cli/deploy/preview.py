"""`l9 preview`: what `l9 up` would change, named by resource and field."""

from __future__ import annotations

from pathlib import Path

import click

from l9stack.cli.options import deployment_options, exit_code_option, json_option, pass_stack_project
from l9stack.cli.printing import print_json
from l9stack.cli.progress_line import ProgressLine
from l9stack.errors import EXIT_DRIFT, EXIT_OK
from l9stack.project import Project


@click.command()
@deployment_options
@exit_code_option("Exit with 3 where something would change.")
@json_option
@pass_stack_project
def preview(project: Project, collection: Path | None, stack: str | None, exit_code: bool, as_json: bool) -> int:
    """Show what `l9 up` would change, drift included.

    Changes nothing. What somebody edited, killed or removed is named, and so is what the schemas changed.
    """
    from l9stack.cli.deploy.checks import chosen_stack, require_secrets_key
    from l9stack.cli.deploy.engine_run import changes_data, input_errors, prepared_engine, show_changes
    from l9stack.cli.deploy.stack_file import collection_setting

    progress = ProgressLine(quiet=as_json)
    name = chosen_stack(project, stack, collection)
    require_secrets_key(project, name)
    engine = prepared_engine(project, name, progress, collection)
    with collection_setting(engine, project, collection), input_errors(project, name):
        outcome = engine.preview()
    if as_json:
        print_json({"stack": engine.stack, "drift": bool(outcome.changes), "changes": changes_data(outcome)})
    else:
        show_changes(engine, outcome)
    return EXIT_DRIFT if exit_code and outcome.changes else EXIT_OK
