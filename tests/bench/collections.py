"""Many collections in one call, and one collection with its tests side by side and one after the other."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure, Goal
from tests.bench.scratch import COLLECTION, COMMAND, Scratch, UnmeasuredError
from tests.bench.workshop import Workshop

HUNDRED = 100
THIRTY_MINUTES = Goal(1800)
AT_LEAST_A_THIRD_LESS = Goal(0.7, relative=True)


def parallel(shop: Workshop) -> Iterator[Figure]:
    """`l9 extract` of the example with a job for each core, beside `--jobs 1`, each time from nothing."""
    ours, one = [], []
    for number in shop.clock.rounds(2, share=0.3):
        for values, options in ((ours, ()), (one, ("--jobs", "1"))):
            project = shop.fresh()
            values.append(project.timed("extract", COLLECTION, *options))
            shop.drop(project)
        shop.say(f"pair {number + 1}: {ours[-1]:.1f} s, one after the other {one[-1]:.1f} s")
    yield Figure("extract, five agents, beside --jobs 1", "s", tuple(ours), AT_LEAST_A_THIRD_LESS, tuple(one))


def many(shop: Workshop, count: int = HUNDRED) -> Iterator[Figure]:
    """`l9 extract --all` of the example under so many names, with every gate: all of it, and a collection's share."""
    project = shop.fresh()
    names = [f"desk_{number:03}" for number in range(1, count + 1)]
    folder = _copies(project, names)
    began = time.perf_counter()
    document = _extracted(project, folder)
    seconds = time.perf_counter() - began
    failed = [item["collection"] for item in document["collections"] if not item["ok"]]
    if failed:
        raise UnmeasuredError(f"{len(failed)} of {count} collections failed: {', '.join(failed[:5])}")
    goal = Goal(THIRTY_MINUTES.limit * count / HUNDRED)
    yield Figure(f"extract, {count} collections of five agents", "s", (seconds,), goal)
    yield Figure("a collection's share of it", "s", (seconds / count,))
    shop.drop(project)


def _copies(project: Scratch, names: list[str]) -> Path:
    folder = project.root / "many"
    for name in names:
        shutil.copytree(project.root / COLLECTION, folder / name)
    return folder


def _extracted(project: Scratch, folder: Path) -> dict[str, list[dict[str, object]]]:
    """The result as data; progress goes to our own standard error, for it takes long."""
    process = subprocess.Popen(
        [str(COMMAND), "extract", "--all", str(folder), "--json"],
        cwd=project.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
    )
    try:
        out, _ = process.communicate()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    document: dict[str, list[dict[str, object]]] = json.loads(out)
    return document
