"""A stack's history as people mean it: what came before what runs now, and what changed in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from l9stack.errors import InputError, Problem
from l9stack.model.release import DeployedRelease, Release


def current_line(history: Iterable[DeployedRelease]) -> list[DeployedRelease]:
    """The releases that stand below the one that runs, which is the last: a return forgets what it undid."""
    line: list[DeployedRelease] = []
    for entry in history:
        known = next((number for number, other in enumerate(line) if other.release == entry.release), len(line))
        line[known:] = [entry]
    return line


def earlier_release(history: Sequence[DeployedRelease], steps: int, *, failed: bool) -> DeployedRelease:
    """The release to return to; where the last deployment `failed`, the one that ran before it is one step back.

    Raises:
        InputError: there are not so many.
    """
    line = current_line(history)
    back = line if failed else line[:-1]
    if len(back) < steps:
        kept = f"{len(back)} release{'' if len(back) == 1 else 's'}" if back else "no release"
        hint = "`l9 releases` lists what was deployed; `--to DIGEST` names one"
        raise InputError([Problem("no-release-before", f"there is {kept} before this one", hint=hint)])
    return back[-steps]


def changed_agents(old: Release | None, new: Release) -> list[str]:
    """What is different in a release, as `+agent`, `-agent` and `agent`; everything is new where there is no old."""
    before, after = old.parts if old else {}, new.parts
    signs = {name: "+" if name not in before else "" if name in after else "-" for name in {*before, *after}}
    return [f"{signs[name]}{name}" for name in sorted(signs) if before.get(name) != after.get(name)]
