"""`l9 audit`: whether an agent's audit chain holds."""

from __future__ import annotations

import sys

import click

from l9stack.cli.options import AGENT, json_option, pass_stack_project, stack_name, stack_option
from l9stack.errors import EXIT_INPUT, EXIT_OK
from l9stack.project import Project


@click.command()
@click.argument("agent", type=AGENT)
@stack_option
@json_option
@pass_stack_project
def audit(project: Project, agent: str, stack: str | None, as_json: bool) -> int:
    """Check an agent's audit chain against its last audit anchor.

    1 where it does not hold, with what is wrong.
    """
    from l9stack.cli.operate.agent_calls import bearer_token, print_reply
    from l9stack.running.agent_requests import request_agent
    from l9stack.running.stack import find_running

    endpoint = find_running(project, stack_name(stack)).endpoint(agent)
    reply = request_agent(f"{endpoint}/audit", bearer_token(project, "operator", agent))
    body = reply.body
    if as_json or reply.status != 200:
        print_reply(reply, as_json=as_json)
        return EXIT_OK if reply.status == 200 and body["holds"] else EXIT_INPUT
    for problem in body["problems"]:
        print(problem, file=sys.stderr)
    anchored = "not anchored" if body["anchored"] is None else f"anchored up to entry {body['anchored']}"
    state = "follow one from the other" if body["holds"] else "do not hold"
    print(f"{agent}: {body['entries']} entries {state}; {anchored}")
    return EXIT_OK if body["holds"] else EXIT_INPUT
