"""Orphans, which runs that were cut off have left in no state: removed where they are in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from l9stack.cli.deploy.checks import runtime_of
from l9stack.cli.progress_line import ProgressLine
from l9stack.engine.drive import StackEngine
from l9stack.errors import ServiceError
from l9stack.project import Project
from l9stack.running.docker_engine import ON_ENGINES


def find_orphans(project: Project, engine: StackEngine) -> list[dict[str, Any]]:
    """What earlier runs had begun on a Docker engine and is in no state; what goes on elsewhere looks the same."""
    return engine.begun() if runtime_of(project, engine.stack) in ON_ENGINES else []


def clear_orphans(
    project: Project,
    engine: StackEngine,
    rests: Sequence[Mapping[str, Any]],
    progress: ProgressLine,
    *,
    purge: bool = False,
) -> bool:
    """Remove `rests` that are there, telling of each; whether there was anything.

    Only where `engine` has held the stack's lock since they were seen: whoever had begun them is then gone.
    """
    if not rests or not engine.held:
        return False
    from l9stack.infra.engine_orphans import remove_orphans

    try:
        removed = remove_orphans(project, engine.stack, rests, purge=purge)
    except ServiceError as error:  # told beside what failed, and not in its place
        progress(f"orphans of an earlier run could not be removed: {error}")
        return False
    for name in removed:
        progress(f"removed {name}: an orphan of an earlier run, which was cut off while it made that")
    return bool(removed)
