"""`l9 archive policy`: what the keys of a stack's archive have to be allowed, and no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from l9stack.cli.options import chosen_collection, deployment_options, json_option, pass_stack_project, stack_name
from l9stack.cli.printing import print_json
from l9stack.errors import EXIT_OK, InputError, Place, Problem
from l9stack.infra.archive.policies import Policy, agents_policy, deployer_policy
from l9stack.project import Project


@click.command()
@click.argument("what", metavar="policy", type=click.Choice(("policy",)))
@click.option(
    "--for", "whom", type=click.Choice(("agents", "deployer")), default="agents", show_default=True, help="Whose keys."
)
@click.option("--bucket", metavar="URL", help="s3://BUCKET (default: l9stack:backends.archive of the stack).")
@deployment_options
@json_option
@pass_stack_project
def archive(
    project: Project,
    *,
    what: str,
    whom: str,
    bucket: str | None,
    collection: Path | None,
    stack: str | None,
    as_json: bool,
) -> int:
    """Print the policy that the keys of a stack's archive need.

    For a bucket of S3, as IAM takes it: with and without --json.
    """
    from l9stack.reading.stack import stack_values

    name = stack_name(stack)
    values = stack_values(project.root, name)
    block = _mapping(values.get("l9stack:archive"))
    url = bucket or str(_mapping(values.get("l9stack:backends")).get("archive", ""))
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.hostname:
        message = f"no bucket of S3 is named by the stack {name}, or it is encrypted there"
        raise InputError([Problem("no-bucket", message, Place(f"Pulumi.{name}.yaml"), "--bucket s3://BUCKET")])
    if whom == "deployer":
        print_json(deployer_policy(parts.hostname))
        return EXIT_OK
    prefix = parts.path.strip("/")
    namespace = f"{prefix}/{name}/" if prefix else f"{name}/"
    chosen = chosen_collection(project, collection, name)
    print_json(_agents_policy(project, chosen, parts.hostname, namespace, str(block.get("kms_key", ""))))
    return EXIT_OK


def _agents_policy(project: Project, collection: Path, bucket: str, namespace: str, kms_key: str) -> Policy:
    from l9stack.extraction.prepare import read_inputs
    from l9stack.inputs import Inputs
    from l9stack.model.agent import MemoryKind
    from l9stack.planning.plan import make_plan
    from l9stack.planning.retention import expires

    read, meta = read_inputs(Inputs.read(project, collection))
    plan = make_plan(read, meta, {})
    layers = {agent.id: agent.spec.layer(MemoryKind.ARCHIVE) for agent in plan.agents}
    expiring = [agent for agent, layer in layers.items() if layer is not None and expires(layer)]
    return agents_policy(bucket, namespace, plan.collection, expiring, kms_key)


def _mapping(text: str | None) -> dict[str, Any]:
    """A value of a stack's file as `stack_values` has it; empty where it is no mapping."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        value = {}
    return value if isinstance(value, dict) else {}
