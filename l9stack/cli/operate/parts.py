"""The parts of a stack as they are shown: agents and backends, with where they answer and how they are."""

from __future__ import annotations

from collections.abc import Sequence

from l9stack.cli.options import stack_words
from l9stack.cli.printing import print_table
from l9stack.local.strays import find_strays
from l9stack.project import Project
from l9stack.running.part_status import PartStatus
from l9stack.running.stack import RunningStack


def healthy(parts: Sequence[PartStatus]) -> bool:
    """Whether agents are there, and every part is well."""
    return bool(of_kind(parts, "agent")) and all(part.good for part in parts)


def of_kind(parts: Sequence[PartStatus], kind: str) -> list[PartStatus]:
    """The agents, or the backends."""
    return [part for part in parts if part.kind == kind]


def parts_data(parts: Sequence[PartStatus]) -> dict[str, list[dict[str, str]]]:
    """Every part as plain data, for `--json`."""
    return {
        f"{kind}s": [
            {
                "name": part.name,
                "endpoint": part.endpoint,
                "health": part.health,
                "state": part.state,
                "detail": part.detail,
                "last_line": part.last_line,
            }
            for part in of_kind(parts, kind)
        ]
        for kind in ("agent", "backend")
    }


def print_causes(project: Project, stack: RunningStack, parts: Sequence[PartStatus]) -> None:
    """Why parts of a stack are missing, where that is known, and what goes on with it."""
    if not healthy(parts) and (strays := find_strays(project.run)):
        told = f"process {', '.join(map(str, strays))} runs agents and servers of a .l9 folder that was removed"
        print(f"\n{told}: `l9 down` ends it, `l9 up` does so and deploys anew")
    if stack.unfinished is not None:
        again = f"`l9 up{stack_words(stack.stack)}` goes on"
        print(f"\nthe deployment that began at {stack.unfinished.since} has not ended, or failed: {again}")


def print_parts(parts: Sequence[PartStatus]) -> None:
    """A table of agents, then one of backends."""
    for kind in ("agent", "backend"):
        if chosen := of_kind(parts, kind):
            rows = [(part.name, part.endpoint or "-", part.health) for part in chosen]
            print_table([(kind.upper(), "ENDPOINT", "HEALTH"), *rows])
            if kind == "agent":
                print()
