"""`l9 call`: one operation of a running agent."""

from __future__ import annotations

import click

from l9stack.cli.options import AGENT, json_option, pass_stack_project, stack_name, stack_option
from l9stack.errors import InputError, Problem
from l9stack.project import Project


@click.command()
@click.argument("operation", metavar="AGENT.OPERATION", type=AGENT)
@click.option(
    "--data",
    default="{}",
    metavar="JSON",
    help="The request as JSON, or @FILE, or - for standard input.",
    show_default=True,
)
@stack_option
@json_option
@pass_stack_project
def call(project: Project, operation: str, data: str, stack: str | None, as_json: bool) -> int:
    """Call an operation of a running agent, authorised as the operator.

    1 where the agent refused. The trace id, by which logs and records are found, is on standard error.
    """
    from l9stack.cli.operate.agent_calls import bearer_token, json_data, print_reply
    from l9stack.running.agent_requests import request_agent
    from l9stack.running.stack import find_running

    agent, dot, name = operation.partition(".")
    if not dot:
        raise InputError([Problem("bad-operation", f"{operation!r} is not AGENT.OPERATION")])
    endpoint = find_running(project, stack_name(stack)).endpoint(agent)
    bearer = bearer_token(project, "operator", agent)
    return print_reply(request_agent(f"{endpoint}/operations/{name}", bearer, json_data(data)), as_json=as_json)
