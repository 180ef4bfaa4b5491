"""`l9 down`: stacks are taken away; what cannot be made again stays, unless it is purged."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from l9stack.cli.options import DEFAULT_STACK, STACK, json_option, pass_stack_project, yes_option
from l9stack.cli.printing import print_json
from l9stack.cli.progress_line import ProgressLine
from l9stack.errors import EXIT_OK, EXIT_USAGE, EngineError, InputError, Place, Problem
from l9stack.local.strays import end_strays
from l9stack.project import Project

if TYPE_CHECKING:
    from l9stack.engine.drive import StackEngine
    from l9stack.engine.events import EngineRun


@click.command()
@click.option(
    "-s", "--stack", type=STACK, metavar="STACK", help="Only this stack (default: the one that runs on this machine)."
)
@click.option(
    "--all-stacks", "every", is_flag=True, help="Every stack that runs on this machine, where there are several."
)
@click.option("--purge", is_flag=True, help="Also remove the data of its backends (asks first).")
@yes_option("Do not ask.")
@json_option
@pass_stack_project
def down(project: Project, stack: str | None, every: bool, purge: bool, yes: bool, as_json: bool) -> int:
    """Stop a stack's agents; data stays unless --purge.

    Where several stacks run on this machine, it takes the one that is named, or all with --all-stacks. The last one
    stops the servers, too.
    """
    from l9stack.cli.deploy.checks import DEFAULT_RUNTIME, can_ask, confirm, is_protected, runtime_of

    if stack and every:
        raise click.UsageError("say --stack NAME or --all-stacks, not both")
    progress = ProgressLine(quiet=as_json)
    stacks = _chosen(project, stack, progress)
    protected = [name for name in stacks if is_protected(project, name)]
    if purge and protected:
        raise InputError([_protected(name) for name in protected])
    question = _question(project, stacks, protected, purge=purge)
    if question and not yes and not (can_ask() and confirm(question)):
        print("nothing was removed: say --yes to go on without being asked", file=sys.stderr)
        return EXIT_USAGE
    engines = [_opened(project, name, progress) for name in stacks]
    resources = {engine.stack: engine.resources() for engine in engines}
    running = [name for name in stacks if _runs(resources[name])]
    names = ", ".join(running)
    if len(running) > 1 and not every and not (can_ask() and confirm(f"take stacks {names} down?")):
        print(f"nothing was removed: {names} run here; --stack NAME takes one down, --all-stacks all", file=sys.stderr)
        return EXIT_USAGE
    removed: list[str] = []
    kept: list[str] = []
    for engine in engines:
        if not resources[engine.stack]:
            continue
        if engine.stack in running:
            progress(f"taking stack {engine.stack} down")
        stays = [] if purge else _stays(resources[engine.stack])
        removed += map(str, _destroyed(engine, project, [urn for urn, _ in stays], progress, purge=purge).changes)
        kept += [resource for _, resource in stays]
    here = not stack or runtime_of(project, stack) == DEFAULT_RUNTIME
    others, stopped = _servers_ended(project, stack, progress, purge=purge) if here else ([], False)
    strays = end_strays(project.run)
    if as_json:
        ended = {"stacks": running, "removed": removed, "kept": kept, "data_in_use_by": others, "strays": list(strays)}
        print_json({"ok": True, **ended})
        return EXIT_OK
    for name in kept:
        print(f"kept {name}")
    for pid in strays:
        print(f"ended process {pid}: the agents and servers of a .l9 folder that was removed while they ran")
    if others and purge:
        print(f"down; data stays, for stack {', '.join(others)} runs on the same servers")
    elif purge:
        print("down; data is removed")
    elif running or stopped:
        print("down; data stays (l9 down --purge removes it)")
    else:
        print("down" if strays else "nothing runs here")
    return EXIT_OK


def _opened(project: Project, stack: str, progress: ProgressLine) -> StackEngine:
    from l9stack.cli.deploy.checks import require_secrets_key
    from l9stack.engine.drive import StackEngine

    require_secrets_key(project, stack)
    return StackEngine(project, stack, progress)


def _runs(resources: Sequence[Mapping[str, Any]]) -> bool:
    """Whether something of a stack's state is more than what `down` leaves: components and providers are nothing."""
    left = {urn for urn, _ in _stays(resources)}
    return any(
        resource.get("custom") and resource["urn"] not in left and not resource["type"].startswith("pulumi:")
        for resource in resources
    )


def _servers_ended(
    project: Project, stack: str | None, progress: ProgressLine, *, purge: bool
) -> tuple[list[str], bool]:
    """Stop this machine's servers, which its stacks share, with their data on a purge.

    The stacks that still run on them, and whether there was something to stop.
    """
    from l9stack.local.client import SupervisorClient

    daemon = SupervisorClient.find(project.run) if project.run.is_dir() else None
    if daemon is None:
        if purge:
            _purge(project.run)
        return [], False
    if stack and (others := sorted({agent.stack for agent in daemon.status().agents})):
        return others, False
    daemon.shutdown(progress, purge=purge)
    return [], True


def _chosen(project: Project, named: str | None, progress: ProgressLine) -> list[str]:
    """The named stack, else every stack on this machine's own runtime: another machine's is never meant by silence."""
    from l9stack.cli.deploy.checks import DEFAULT_RUNTIME, known_stack, runtime_of
    from l9stack.engine.drive import StackEngine
    from l9stack.reading.stack import stack_names

    if not (project.root / "Pulumi.yaml").is_file() or not (named or project.pulumi.is_dir()):
        return []
    if named and named in (DEFAULT_STACK, *stack_names(project.root)):
        return [named]
    stacks = StackEngine(project, DEFAULT_STACK, progress).stacks()
    if named:
        return [named if named in stacks else known_stack(project, named)]
    for stack in stacks:
        if (runtime := runtime_of(project, stack)) != DEFAULT_RUNTIME:
            progress(f"stack {stack} ({runtime}) is left as it is: `l9 down --stack {stack}` takes it down")
    return [stack for stack in stacks if runtime_of(project, stack) == DEFAULT_RUNTIME]


def _destroyed(
    engine: StackEngine, project: Project, stays: Sequence[str], progress: ProgressLine, *, purge: bool
) -> EngineRun:
    """Remove what the stack made, with what an earlier run had begun, and once more where that was in the way."""
    from l9stack.cli.deploy.orphans import clear_orphans, find_orphans

    rests = find_orphans(project, engine)
    try:
        outcome = engine.destroy(stays)
    except EngineError:
        if not clear_orphans(project, engine, rests, progress, purge=purge):
            raise
        return engine.destroy(stays)
    clear_orphans(project, engine, rests, progress, purge=purge)
    return outcome


def _stays(resources: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """URN and name of what is left alone: data with its passwords, the history, and whatever is protected."""
    from l9stack.infra.protection import is_stateful

    return [
        (resource["urn"], resource["urn"].rsplit("::", 1)[-1])
        for resource in resources
        if resource.get("protect") or is_stateful(resource["type"], resource.get("inputs") or {})
    ]


def _question(project: Project, stacks: list[str], protected: list[str], *, purge: bool) -> str:
    """What to ask before; empty where nothing is lost and nobody was to be asked."""
    from l9stack.cli.deploy.checks import DEFAULT_RUNTIME, runtime_of

    if purge:
        whose = [f"stack {stack}" for stack in stacks if runtime_of(project, stack) != DEFAULT_RUNTIME]
        return f"remove all data of {', '.join(whose or [f'the servers in {project.run}'])}?"
    return f"take protected stack {', '.join(protected)} down?" if protected else ""


def _protected(stack: str) -> Problem:
    hint = (
        f"to remove its data: `pulumi config set --stack {stack} l9stack:protect false`, then `l9 up --stack {stack}`, "
        "then this again"
    )
    message = f"stack {stack} is protected: its data is not removed"
    return Problem("protected", message, Place(f"Pulumi.{stack}.yaml"), hint)


def _purge(run: Path) -> None:
    """Remove what a stopped runtime left."""
    shutil.rmtree(run / "data", ignore_errors=True)
    for path in (*run.glob("*.password"), run / "ports.json"):
        path.unlink(missing_ok=True)
