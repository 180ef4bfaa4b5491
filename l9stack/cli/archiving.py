"""`l9 archive policy`: what the keys of a stack's archive have to be allowed, and no more."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from l9stack.cli.arguments import existing_path, project_of
from l9stack.cli.printing import print_json
from l9stack.errors import InputError, Place, Problem
from l9stack.extraction.prepare import read_inputs
from l9stack.infra.archive.policies import Policy, agents_policy, deployer_policy
from l9stack.inputs import Inputs
from l9stack.model.agent import MemoryKind
from l9stack.planning.plan import make_plan
from l9stack.planning.retention import expires
from l9stack.project import Project
from l9stack.reading.stack import read_stack, stack_values


def archive(arguments: argparse.Namespace) -> int:
    """Print the policy, as IAM takes it."""
    print_json(_policy(arguments, project_of(arguments)))
    return 0


def _policy(arguments: argparse.Namespace, project: Project) -> Policy:
    values = stack_values(project.root, arguments.stack)
    block = _mapping(values.get("l9stack:archive"))
    url = arguments.bucket or str(_mapping(values.get("l9stack:backends")).get("archive", ""))
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.hostname:
        told = f"no bucket of S3 is named by the stack {arguments.stack}, or it is encrypted there"
        raise InputError([Problem("no-bucket", told, Place(f"Pulumi.{arguments.stack}.yaml"), "--bucket s3://BUCKET")])
    if arguments.whom == "deployer":
        return deployer_policy(parts.hostname)
    prefix = parts.path.strip("/")
    namespace = f"{prefix}/{arguments.stack}/" if prefix else f"{arguments.stack}/"
    collection, meta = read_inputs(Inputs.read(project, _collection(arguments, project)))
    plan = make_plan(collection, meta, {})
    layers = {agent.id: agent.spec.layer(MemoryKind.ARCHIVE) for agent in plan.agents}
    expiring = [agent for agent, layer in layers.items() if layer is not None and expires(layer)]
    return agents_policy(parts.hostname, namespace, plan.collection, expiring, str(block.get("kms_key", "")))


def _collection(arguments: argparse.Namespace, project: Project) -> Path:
    if arguments.collection:
        return existing_path(arguments.collection)
    sources = read_stack(project.root, arguments.stack)
    if sources is None:
        told = f"no collection is named, and the stack {arguments.stack} names none that can be read"
        raise InputError([Problem("no-collection", told, None, "--collection PATH")])
    return existing_path(str(project.root / sources.collection))


def _mapping(text: str | None) -> dict[str, Any]:
    """A value of a stack's file as `stack_values` has it; empty where it is no mapping."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        value = {}
    return value if isinstance(value, dict) else {}
