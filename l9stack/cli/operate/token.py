"""`l9 token`: to call one agent with."""

from __future__ import annotations

import click

from l9stack.cli.options import AGENT, json_option, pass_stack_project, stack_option
from l9stack.cli.printing import print_json
from l9stack.errors import EXIT_OK
from l9stack.project import Project


@click.command()
@click.argument("agent", type=AGENT)
@click.option(
    "--as",
    "principal",
    default="operator",
    show_default=True,
    metavar="PRINCIPAL",
    help="operator, or a governance anchor's name.",
)
@click.option("--minutes", type=click.IntRange(1, 15), default=5, show_default=True, help="How long it holds.")
@stack_option
@json_option
@pass_stack_project
def token(project: Project, agent: str, principal: str, minutes: int, stack: str | None, as_json: bool) -> int:
    """Print a short-lived token for one agent."""
    from l9stack.cli.operate.agent_calls import bearer_token, principal_name

    name = principal_name(principal)
    made = bearer_token(project, name, agent, minutes)
    if as_json:
        print_json({"principal": name, "agent": agent, "token": made})
    else:
        print(made)
    return EXIT_OK
