"""What runs that were cut off have left, cleared away where it is in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from l9stack.cli.printing import Progress
from l9stack.cli.stacks import runtime_of
from l9stack.project import Project

_ON_ENGINES = ("docker", "swarm")


def cleared(
    project: Project, stack: str, begun: Sequence[Mapping[str, Any]], progress: Progress, *, purge: bool = False
) -> bool:
    """Remove what was `begun` and is there, telling of each; whether there was anything.

    Only for whoever has held the stack's lock since: another run's beginnings look the same.
    """
    if not begun or runtime_of(project, stack) not in _ON_ENGINES:
        return False
    from l9stack.infra.cut_off import remove_cut_off

    removed = remove_cut_off(project, stack, begun, purge=purge)
    for name in removed:
        progress(f"removed {name}: an earlier run was cut off while it made that")
    return bool(removed)
