"""`l9 logs`: what an agent said."""

from __future__ import annotations

import json
from typing import Any

import click

from l9stack.cli.options import AGENT, POSITIVE, json_option, pass_stack_project, stack_name, stack_option
from l9stack.cli.printing import print_json
from l9stack.errors import EXIT_OK
from l9stack.project import Project


@click.command()
@click.argument("agent", type=AGENT)
@stack_option
@click.option("-n", "--lines", type=POSITIVE, default=50, show_default=True, help="How many of the last lines.")
@click.option("-f", "--follow", is_flag=True, help="Go on until interrupted.")
@json_option
@pass_stack_project
def logs(project: Project, agent: str, stack: str | None, lines: int, follow: bool, as_json: bool) -> int:
    """Show an agent's log.

    One JSON object a line, with the trace id.
    """
    from l9stack.running.stack import find_running

    shown = find_running(project, stack_name(stack)).logs(agent, lines, follow and not as_json)
    if as_json:
        print_json([_parsed(line) for line in shown])
        return EXIT_OK
    for line in shown:
        print(line, flush=follow)
    return EXIT_OK


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return {"text": line}
