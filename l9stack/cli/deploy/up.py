"""`l9 up`: one stack of the project, through the engine."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click

from l9stack.cli.options import deployment_options, json_option, pass_stack_project, yes_option
from l9stack.cli.progress_line import ProgressLine
from l9stack.errors import EXIT_USAGE, InputError, Place, Problem
from l9stack.local.strays import end_strays
from l9stack.project import Project


@dataclass(frozen=True, slots=True)
class _Rollout:
    """What is brought to which stack, and how it is told."""

    project: Project
    stack: str
    collection: Path | None
    asks: bool
    as_json: bool
    progress: ProgressLine


@click.command()
@deployment_options
@click.option("--unpin", is_flag=True, help="Deploy the working files again, not a pinned release.")
@yes_option("Do not ask before a protected stack is changed.")
@json_option
@pass_stack_project
def up(project: Project, collection: Path | None, stack: str | None, unpin: bool, yes: bool, as_json: bool) -> int:
    """Extract and deploy a collection; mends drift.

    All agents are proven before the first of them is touched. A gate that does not hold is told, and nothing changes.
    It ends with where everything answers, and what to try next.
    """
    from l9stack.cli.deploy.checks import can_ask, chosen_stack, is_protected, pinned_release, require_secrets_key
    from l9stack.cli.deploy.engine_run import refuse_unattended
    from l9stack.cli.deploy.stack_file import release_setting
    from l9stack.engine.drive import StackEngine

    # All are proven in one run before the engine begins, and beside its build where it has to be obtained.
    progress = ProgressLine(quiet=as_json)
    name = chosen_stack(project, stack, collection)
    pinned = pinned_release(project, name)
    if pinned and collection and not unpin:
        message = f"stack {name} is pinned to release {pinned[:12]}, and reads no other collection"
        hint = "--unpin deploys working files again"
        raise InputError([Problem("pinned", message, Place(f"Pulumi.{name}.yaml"), hint)])
    require_secrets_key(project, name)
    for pid in end_strays(project.run):
        progress(f"ended process {pid}: agents and servers of a .l9 folder that was removed while they ran")
    asks = is_protected(project, name) and not yes
    if asks and not can_ask():
        return refuse_unattended(name)
    rollout = _Rollout(project, name, collection, asks, as_json, progress)
    if pinned and unpin:
        with release_setting(StackEngine(project, name, progress), project, None) as keep:
            return _up(rollout, keep)
    return _up(rollout)


def _up(rollout: _Rollout, keep: Callable[[], None] = lambda: None) -> int:
    from l9stack.cli.deploy.engine_run import confirm_changes, deploy, extract_for_stack, prepared_engine
    from l9stack.cli.deploy.stack_file import collection_setting
    from l9stack.engine import environment
    from l9stack.extraction.input_store import VARIABLE, keep_inputs

    project, stack, progress = rollout.project, rollout.stack, rollout.progress
    with ThreadPoolExecutor(1) as pool:
        obtained = pool.submit(environment, project, progress)
        inputs = extract_for_stack(project, stack, progress, rollout.collection)
        obtained.result()
    engine = prepared_engine(project, stack, progress, None if inputs else rollout.collection)
    if inputs is not None:
        # What was extracted is what is shown, agreed to and deployed, whatever the files are by then.
        engine.add_environ({VARIABLE: keep_inputs(inputs)})
    with collection_setting(engine, project, rollout.collection) as collected:
        question = f"deploy this to stack {stack}?"
        if rollout.asks and not confirm_changes(engine, question, as_json=rollout.as_json):
            return EXIT_USAGE
        collected()
    keep()
    return deploy(engine, project, progress, inputs, as_json=rollout.as_json)
