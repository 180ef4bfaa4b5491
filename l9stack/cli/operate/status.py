"""`l9 status`: how the parts of a stack are, whatever runs it."""

from __future__ import annotations

import click

from l9stack.cli.operate.parts import healthy, of_kind, parts_data, print_parts
from l9stack.cli.options import json_option, pass_project, stack_name, stack_option, stack_words
from l9stack.cli.printing import print_json
from l9stack.errors import EXIT_OK, EXIT_RUNTIME
from l9stack.project import Project
from l9stack.running.stack import find_running


@click.command()
@stack_option
@json_option
@pass_project
def status(project: Project, stack: str | None, as_json: bool) -> int:
    """Agents and backends of a stack, as they are now.

    6 where one is not healthy, or none is deployed.
    """
    name = stack_name(stack)
    parts = find_running(project, name).parts()
    if as_json:
        print_json({"stack": name, **parts_data(parts)})
    elif not of_kind(parts, "agent"):
        print(f"stack {name} has no agents running; `l9 up{stack_words(name)}` deploys it")
    else:
        print_parts(parts)
    return EXIT_OK if healthy(parts) else EXIT_RUNTIME
