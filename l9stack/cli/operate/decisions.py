"""`l9 decisions` and `l9 decide`: what waits for a governance anchor, and what it decides."""

from __future__ import annotations

import json

import click

from l9stack.cli.options import AGENT, json_option, pass_stack_project, stack_name, stack_option
from l9stack.errors import EXIT_OK
from l9stack.project import Project


@click.command()
@click.argument("agent", type=AGENT)
@stack_option
@json_option
@pass_stack_project
def decisions(project: Project, agent: str, stack: str | None, as_json: bool) -> int:
    """List an agent's pending decisions.

    The oldest first; each waits for a governance anchor.
    """
    from l9stack.cli.operate.agent_calls import bearer_token, print_reply
    from l9stack.running.agent_requests import request_agent
    from l9stack.running.stack import find_running

    endpoint = find_running(project, stack_name(stack)).endpoint(agent)
    reply = request_agent(f"{endpoint}/decisions", bearer_token(project, "operator", agent))
    if as_json or reply.status != 200:
        return print_reply(reply, as_json=as_json)
    for decision in reply.body["decisions"]:
        print(f"{decision['decision_id']}  {decision['operation']}  {json.dumps(decision['arguments'])}")
        print(f"    {decision['reason']}")
        if "proposed" in decision:
            print(f"    held until it is approved: {json.dumps(decision['proposed'])}")
    print(f"{len(reply.body['decisions'])} pending")
    return EXIT_OK


@click.command()
@click.argument("agent", type=AGENT)
@click.argument("decision")
@click.option("--as", "anchor", required=True, metavar="ANCHOR", help="The governance anchor who decides.")
@click.option(
    "--verdict", type=click.Choice(("approve", "block", "override")), default="approve", show_default=True, help="What."
)
@click.option(
    "--data",
    default="null",
    metavar="JSON",
    help="The answer as JSON, checked against the response model, or @FILE, or - for standard input.",
)
@stack_option
@json_option
@pass_stack_project
def decide(
    project: Project,
    *,
    agent: str,
    decision: str,
    anchor: str,
    verdict: str,
    data: str,
    stack: str | None,
    as_json: bool,
) -> int:
    """Settle a pending decision as a governance anchor.

    About exactly the arguments that are stored. DECISION is its id, as `l9 decisions` lists it.
    """
    from l9stack.cli.operate.agent_calls import bearer_token, json_data, principal_name, print_reply
    from l9stack.running.agent_requests import request_agent
    from l9stack.running.stack import find_running

    url = f"{find_running(project, stack_name(stack)).endpoint(agent)}/decisions/{decision}"
    pending = request_agent(url, bearer_token(project, "operator", agent))
    if pending.status != 200:
        return print_reply(pending, as_json=as_json)
    body = {"verdict": verdict, "payload": json_data(data), "arguments_digest": pending.body["arguments_digest"]}
    bearer = bearer_token(project, principal_name(anchor), agent)
    return print_reply(request_agent(url, bearer, body), as_json=as_json)
