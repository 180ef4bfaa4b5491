"""`l9 promote`, `l9 rollback` and `l9 releases`: what was proven on one stack, deployed by digest on it or another."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from l9stack.cli.arguments import DEFAULT_STACK, project_of
from l9stack.cli.configuring import release_setting
from l9stack.cli.deploying import confirm_changes, deploy, extract_for_stack, prepared_engine, refuse_unattended
from l9stack.cli.printing import ProgressLine, print_json, table
from l9stack.cli.stacks import can_ask, known_stack, pinned_release, require_secrets_key
from l9stack.engine.drive import StackEngine
from l9stack.errors import EXIT_OK, EXIT_USAGE, InputError, Place, Problem
from l9stack.inputs.names import collection_name
from l9stack.model.release import DeployedRelease, Release
from l9stack.project import Project
from l9stack.reading.stack import read_stack
from l9stack.releases.archives import export_release, import_release
from l9stack.releases.history import changed_agents, earlier_release
from l9stack.releases.snapshots import Snapshot, Snapshots

SHOWN = 12
"""Digits of a digest that people see; eight name a release."""


def promote(arguments: argparse.Namespace) -> int:
    """Deploy to a stack exactly what another one runs, or a named release, whatever the working files are now."""
    project, progress = project_of(arguments), ProgressLine(quiet=arguments.json)
    target = known_stack(project, arguments.target)
    if arguments.source == target:
        problem = Problem("same-stack", f"--from and --to are both {target}", hint="name another stack")
        raise InputError([problem])
    snapshots = Snapshots(project)
    if arguments.source:
        kept = snapshots.open(_proven(StackEngine(project, known_stack(project, arguments.source), progress)).release)
    else:
        kept = snapshots.find(arguments.release)
    return _deployed(arguments, project, target, kept, progress)


def rollback(arguments: argparse.Namespace) -> int:
    """Return a stack to the release before, or to a named one."""
    project, progress = project_of(arguments), ProgressLine(quiet=arguments.json)
    stack = known_stack(project, arguments.stack)
    engine = StackEngine(project, stack, progress)
    history, failed = _history(engine), engine.failed()
    if arguments.to:
        kept = Snapshots(project).find(arguments.to)
    else:
        kept = Snapshots(project).open(earlier_release(history, arguments.steps, failed=failed).release)
    return _deployed(arguments, project, stack, kept, progress)


def releases(arguments: argparse.Namespace) -> int:
    """The history of a stack, newest first; or a release written to a file, or read from one."""
    project, progress = project_of(arguments), ProgressLine(quiet=arguments.json)
    if arguments.export or arguments.import_:
        kept = (
            export_release(project, arguments.export[0], Path(arguments.export[1]))
            if arguments.export
            else import_release(project, Path(arguments.import_))
        )
        if arguments.json:
            print_json({"release": kept.digest, "collection": kept.release.collection, "l9stack": kept.release.l9stack})
        else:
            print(f"{kept.digest}  {kept.release.collection}, made by l9stack {kept.release.l9stack}")
        return EXIT_OK
    stack = arguments.stack or DEFAULT_STACK
    engine = StackEngine(project, known_stack(project, stack), progress)
    history, failed, pinned = _history(engine), engine.failed(), pinned_release(project, stack)
    rows = _rows(project, history)
    if arguments.json:
        print_json({"stack": stack, "pinned": pinned or None, "last_deployment_failed": failed, "releases": rows})
        return EXIT_OK
    if not rows:
        print(f"stack {stack} has no release yet: `l9 up --stack {stack}` makes the first")
        return EXIT_OK
    head = ("DEPLOYED", "RELEASE", "BY", "L9STACK", "GATES", "HEALTH", "CHANGED")
    lines = [
        (row["at"], row["release"][:SHOWN], row["by"], row["l9stack"], row["gates"], row["health"], _told(row))
        for row in rows
    ]
    print(table([head, *lines]))
    if failed:
        print("\nthe last deployment failed, was cut off, or goes on: the stack is past the newest of these")
    if pinned:
        print(f"\npinned to {pinned[:SHOWN]}; `l9 up --stack {stack} --unpin` deploys the working files again")
    return EXIT_OK


def _deployed(
    arguments: argparse.Namespace, project: Project, stack: str, kept: Snapshot, progress: ProgressLine
) -> int:
    """Pin a stack to a release and deploy it, once what changes was shown and agreed to."""
    require_secrets_key(project, stack)
    _same_collection(project, stack, kept.release)
    if not arguments.yes and not can_ask():
        return refuse_unattended(stack)
    engine = prepared_engine(project, stack, progress)
    running = _release(project, _history(engine))
    differing = ", ".join(changed_agents(running, kept.release)) or "no agent"
    progress(f"release {kept.digest[:SHOWN]} for stack {stack}; differs from what runs in: {differing}")
    with release_setting(engine, project, kept.digest) as keep:
        inputs = extract_for_stack(project, stack, progress)
        question = f"deploy release {kept.digest[:SHOWN]} to stack {stack}?"
        if not arguments.yes and not confirm_changes(engine, question, as_json=arguments.json):
            return EXIT_USAGE
        keep()
        return deploy(engine, project, progress, inputs, as_json=arguments.json)


def _same_collection(project: Project, stack: str, release: Release) -> None:
    """Another collection's release would replace everything that a stack runs."""
    sources = read_stack(project.root, stack)
    own = collection_name(Path(sources.collection)) if sources else release.collection
    if own != release.collection:
        message = f"stack {stack} runs {own}, and this is a release of {release.collection}"
        hint = "promote between stacks of one collection"
        raise InputError([Problem("other-collection", message, Place(f"Pulumi.{stack}.yaml"), hint)])


def _proven(engine: StackEngine) -> DeployedRelease:
    """What a stack runs, where its last deployment ended well."""
    history = _history(engine)
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


def _history(engine: StackEngine) -> list[DeployedRelease]:
    return [DeployedRelease.model_validate(entry) for entry in engine.outputs().get("releases") or ()]


def _release(project: Project, history: list[DeployedRelease]) -> Release | None:
    """The record of the newest release of a history, where it is here."""
    try:
        return Snapshots(project).open(history[-1].release).release if history else None
    except InputError:
        return None


def _rows(project: Project, history: list[DeployedRelease]) -> list[dict[str, Any]]:
    """A history's entries with what changed in each, newest first."""
    rows: list[dict[str, Any]] = []
    for number, entry in enumerate(history):
        own, old = _release(project, [entry]), _release(project, history[:number])
        known = own is not None and (old is not None or number == 0)
        changed = changed_agents(old, own) if own is not None and known else None
        # An entry is written when every agent answered that it is well.
        rows.append(entry.model_dump() | {"health": "ok", "changed": changed, "here": own is not None})
    return rows[::-1]


def _told(row: dict[str, Any]) -> str:
    if row["changed"] is None:
        return "not in this project"
    return ", ".join(row["changed"]) or "settings, or the collection's own files"
