"""`l9 status`: how the parts of a stack are, whatever runs it."""

from __future__ import annotations

import click

from l9stack.cli.options import json_option, pass_stack_project, stack_name, stack_option
from l9stack.cli.printing import print_json
from l9stack.errors import EXIT_OK, EXIT_RUNTIME
from l9stack.project import Project


@click.command()
@stack_option
@json_option
@pass_stack_project
def status(project: Project, stack: str | None, as_json: bool) -> int:
    """Agents and backends of a stack, as they are now.

    6 where one is not healthy or missing; 1 where nothing is deployed.
    """
    from l9stack.cli.operate.parts import healthy, parts_data, print_causes, print_parts
    from l9stack.running.stack import find_running

    name = stack_name(stack)
    running = find_running(project, name)
    parts = running.parts()
    if as_json:
        since = running.unfinished.since if running.unfinished else None
        print_json({"stack": name, **parts_data(parts), "unfinished_since": since})
    else:
        print_parts(parts)
        print_causes(project, running, parts)
    return EXIT_OK if healthy(parts) else EXIT_RUNTIME
