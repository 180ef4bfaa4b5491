"""`l9 manifest`: the deployment manifest of a stack, from its outputs where this machine did not deploy it."""

from __future__ import annotations

import argparse

from pydantic import ValidationError

from l9stack.cli.arguments import project_of, stack_name
from l9stack.cli.printing import ProgressLine, print_json
from l9stack.errors import EXIT_OK, ServiceError
from l9stack.files import write_file
from l9stack.model.deployment import Deployment
from l9stack.project import Project
from l9stack.running.manifest import manifest_path, manifest_text


def manifest(arguments: argparse.Namespace) -> int:
    """Ask the engine for the stack's outputs, write `deployment_manifest.json`, and print it."""
    project, stack = project_of(arguments), stack_name(arguments)
    found = _of_outputs(project, stack, ProgressLine(quiet=arguments.json))
    write_file(manifest_path(project, stack), manifest_text(found).encode())
    print_json(found.model_dump(mode="json"))
    return EXIT_OK


def _of_outputs(project: Project, stack: str, progress: ProgressLine) -> Deployment:
    from l9stack.engine.drive import StackEngine

    outputs = StackEngine(project, stack, progress).outputs()
    if "deployment" not in outputs:
        raise ServiceError(
            f"stack {stack} has no outputs that say what is deployed: `l9 up --stack {stack}` deploys it"
        )
    try:
        return Deployment.model_validate(outputs["deployment"])
    except ValidationError as error:
        message = f"the outputs of stack {stack} are of another version: `l9 up --stack {stack}` deploys it anew"
        raise ServiceError(message) from error
