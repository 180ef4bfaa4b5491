"""`l9 engine` and `l9 env`: the Pulumi engine, and the environment for plain `pulumi`."""

from __future__ import annotations

import os
import shlex
import sys

import click

from l9stack import engine as driver
from l9stack.cli.options import DEFAULT_STACK, json_option, pass_stack_project
from l9stack.cli.printing import print_json
from l9stack.cli.progress_line import ProgressLine
from l9stack.errors import EXIT_OK
from l9stack.project import Project


@click.command()
@json_option
@pass_stack_project
def env(project: Project, as_json: bool) -> int:
    """Print shell lines: after eval "$(l9 env)", plain `pulumi up` works.

    With this project's engine, state and environment. The default stack is made and selected where the project has
    none: plain `pulumi up` would ask for it.
    """
    from l9stack.engine.drive import StackEngine

    progress = ProgressLine()
    environment = driver.environment(project, progress)
    stack = StackEngine(project, DEFAULT_STACK, progress)
    if not stack.stacks():
        stack.ensure_stack(select=True)
    if as_json:
        print_json(environment)
    else:
        for name, value in environment.items():
            # A path is bytes to the shell, whatever encoding texts have.
            sys.stdout.buffer.write(os.fsencode(f"export {name}={shlex.quote(value)}\n"))
    return EXIT_OK


@click.command()
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def engine(quiet: bool, as_json: bool) -> int:
    """Obtain the Pulumi engine now, and print where it is."""
    obtained = driver.obtain(ProgressLine(quiet=quiet))
    if as_json:
        print_json({"pulumi": str(obtained.pulumi), "version": obtained.version, "source": obtained.source})
    else:
        print(f"{obtained.pulumi} ({obtained.version}, {obtained.source})")
    return EXIT_OK
