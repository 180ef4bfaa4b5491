"""`l9 manifest`: the deployment manifest of a stack, from its outputs where this machine did not deploy it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from l9stack.cli.options import json_option, pass_stack_project, stack_name, stack_option, stack_words
from l9stack.cli.printing import print_json
from l9stack.cli.progress_line import ProgressLine
from l9stack.errors import EXIT_OK, InputError, Problem
from l9stack.files import write_file
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.model.deployment import Deployment


@click.command()
@stack_option
@json_option
@pass_stack_project
def manifest(project: Project, stack: str | None, as_json: bool) -> int:
    """Write and print the deployment manifest of a stack.

    From its outputs, where this machine did not deploy it; `deployment_manifest.json`, JSON with and without --json.
    """
    from l9stack.running.manifest import manifest_path, manifest_text

    name = stack_name(stack)
    deployed = _of_outputs(project, name, ProgressLine(quiet=as_json))
    write_file(manifest_path(project, name), manifest_text(deployed).encode())
    print_json(deployed.model_dump(mode="json"))
    return EXIT_OK


def _of_outputs(project: Project, stack: str, progress: ProgressLine) -> Deployment:
    from pydantic import ValidationError

    from l9stack.engine.drive import StackEngine
    from l9stack.model.deployment import Deployment

    outputs = StackEngine(project, stack, progress).outputs()
    if "deployment" not in outputs:
        hint = f"`l9 up{stack_words(stack)}` deploys it"
        raise InputError([Problem("not-deployed", f"nothing is deployed to stack {stack}", hint=hint)])
    try:
        return Deployment.model_validate(outputs["deployment"])
    except ValidationError as error:
        message = f"the outputs of stack {stack} are of another version of l9stack"
        hint = f"`l9 up{stack_words(stack)}` deploys it anew"
        raise InputError([Problem("other-version", message, hint=hint)]) from error
