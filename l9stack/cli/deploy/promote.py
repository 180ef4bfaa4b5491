"""`l9 promote` and `l9 rollback`: what was proven on one stack, deployed by digest on it or another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from l9stack.cli.options import POSITIVE, STACK, json_option, pass_stack_project, yes_option
from l9stack.cli.progress_line import ProgressLine
from l9stack.errors import EXIT_USAGE, InputError, Place, Problem
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.engine.drive import StackEngine
    from l9stack.model.release import DeployedRelease, Release
    from l9stack.releases.snapshots import Snapshot

_YES = "Do not show what would change, and do not ask."


@click.command()
@click.option("--from", "source", type=STACK, metavar="STACK", help="The stack whose release is taken.")
@click.option("--release", metavar="DIGEST", help="A release by its digest, or the first digits of it.")
@click.option("--to", "target", type=STACK, metavar="STACK", required=True, help="The stack that gets it.")
@yes_option(_YES)
@json_option
@pass_stack_project
def promote(project: Project, source: str | None, release: str | None, target: str, yes: bool, as_json: bool) -> int:
    """Deploy to a stack exactly what another one runs, by digest.

    Or a named release, whatever the working files are now.
    """
    from l9stack.cli.deploy.checks import known_stack
    from l9stack.engine.drive import StackEngine
    from l9stack.releases.snapshots import Snapshots

    if (source is None) == (release is None):
        raise click.UsageError("name what is promoted: --from STACK or --release DIGEST")
    progress = ProgressLine(quiet=as_json)
    known_stack(project, target)
    if source == target:
        problem = Problem("same-stack", f"--from and --to are both {target}", hint="name another stack")
        raise InputError([problem])
    snapshots = Snapshots(project)
    if source:
        kept = snapshots.open(_proven(StackEngine(project, known_stack(project, source), progress)).release)
    else:
        kept = snapshots.find(str(release))
    return _deployed(project, target, kept, progress, yes=yes, as_json=as_json)


@click.command()
@click.option("-s", "--stack", type=STACK, metavar="STACK", required=True, help="Stack name.")
@click.option("--release", metavar="DIGEST", help="A release by its digest, or the first digits of it.")
@click.option("--steps", type=POSITIVE, help="How many releases to go back (default: 1).")
@yes_option(_YES)
@json_option
@pass_stack_project
def rollback(project: Project, stack: str, release: str | None, steps: int | None, yes: bool, as_json: bool) -> int:
    """Return a stack to the release before, by digest.

    Or to a named release. What it returns to was proven when it was deployed first, and is deployed as it was.
    """
    from l9stack.cli.deploy.checks import known_stack
    from l9stack.cli.deploy.releases import deployed_releases
    from l9stack.engine.drive import StackEngine
    from l9stack.releases.history import earlier_release
    from l9stack.releases.snapshots import Snapshots

    if release and steps:
        raise click.UsageError("say --release DIGEST or --steps NUMBER, not both")
    progress = ProgressLine(quiet=as_json)
    known_stack(project, stack)
    engine = StackEngine(project, stack, progress)
    history, failed = deployed_releases(engine), engine.failed()
    if release:
        kept = Snapshots(project).find(release)
    else:
        kept = Snapshots(project).open(earlier_release(history, steps or 1, failed=failed).release)
    return _deployed(project, stack, kept, progress, yes=yes, as_json=as_json)


def _deployed(project: Project, stack: str, kept: Snapshot, progress: ProgressLine, *, yes: bool, as_json: bool) -> int:
    """Pin a stack to a release and deploy it, once what changes was shown and agreed to."""
    from l9stack.cli.deploy.checks import can_ask, require_secrets_key
    from l9stack.cli.deploy.engine_run import (
        confirm_changes,
        deploy,
        extract_for_stack,
        prepared_engine,
        refuse_unattended,
    )
    from l9stack.cli.deploy.releases import SHOWN, deployed_releases, kept_release
    from l9stack.cli.deploy.stack_file import release_setting
    from l9stack.releases.history import changed_agents

    require_secrets_key(project, stack)
    _same_collection(project, stack, kept.release)
    if not yes and not can_ask():
        return refuse_unattended(stack)
    engine = prepared_engine(project, stack, progress)
    running = kept_release(project, deployed_releases(engine))
    differing = ", ".join(changed_agents(running, kept.release)) or "no agent"
    progress(f"release {kept.digest[:SHOWN]} for stack {stack}; differs from what runs in: {differing}")
    with release_setting(engine, project, kept.digest) as keep:
        inputs = extract_for_stack(project, stack, progress)
        question = f"deploy release {kept.digest[:SHOWN]} to stack {stack}?"
        if not yes and not confirm_changes(engine, question, as_json=as_json):
            return EXIT_USAGE
        keep()
        return deploy(engine, project, progress, inputs, as_json=as_json)


def _same_collection(project: Project, stack: str, release: Release) -> None:
    """Another collection's release would replace everything that a stack runs."""
    from l9stack.inputs.names import collection_name
    from l9stack.reading.stack import read_stack

    sources = read_stack(project.root, stack)
    own = collection_name(Path(sources.collection)) if sources else release.collection
    if own != release.collection:
        message = f"stack {stack} runs {own}, and this is a release of {release.collection}"
        hint = "promote between stacks of one collection"
        raise InputError([Problem("other-collection", message, Place(f"Pulumi.{stack}.yaml"), hint)])


def _proven(engine: StackEngine) -> DeployedRelease:
    """What a stack runs, where its last deployment ended well."""
    from l9stack.cli.deploy.releases import deployed_releases

    history = deployed_releases(engine)
    if not history:
        message = f"stack {engine.stack} has no release: nothing was deployed to it"
        raise InputError([Problem("no-release", message, hint=f"l9 up --stack {engine.stack}")])
    if engine.failed():
        message = (
            f"the last deployment of stack {engine.stack} failed, was cut off, or goes on: what it runs was not proven"
        )
        hint = f"l9 up --stack {engine.stack}, or l9 rollback --stack {engine.stack}; or --release names one"
        raise InputError([Problem("not-proven", message, hint=hint)])
    return history[-1]
