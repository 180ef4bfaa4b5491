"""Extraction of the five-agent example with every gate, the same once more, and the start of the command line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from tests.bench.figures import Figure, Goal
from tests.bench.scratch import COLLECTION, UnmeasuredError
from tests.bench.workshop import Workshop

HELP, EXTRACT, AGAIN = Goal(0.25), Goal(15), Goal(0.5)


def help_text(shop: Workshop) -> Iterator[Figure]:
    """`l9 --help`, as a whole process; the first start, which compiles modules, is not counted."""
    project = shop.fresh()
    project.timed("--help")
    yield Figure("l9 --help", "s", tuple(project.timed("--help") for _ in range(7)), HELP)
    shop.drop(project)


def cold(shop: Workshop) -> Iterator[Figure]:
    """`l9 extract`, in a fresh project each run: empty store, no records, servers started for the gates."""
    values = []
    for number in shop.clock.rounds(3, share=0.15):
        project = shop.fresh()
        values.append(project.timed("extract", COLLECTION))
        shop.say(f"extraction {number + 1}: {values[-1]:.1f} s")
        shop.keep(project)
    yield Figure("extract, five agents, cold store", "s", tuple(values), EXTRACT)


def again(shop: Workshop) -> Iterator[Figure]:
    """`l9 extract` where nothing changed."""
    project = shop.extracted()
    project.l9("extract", COLLECTION)
    values = []
    for _ in range(5):
        began = time.perf_counter()
        answer = json.loads(project.l9("extract", COLLECTION, "--json"))
        values.append(time.perf_counter() - began)
        if not answer["reused"]:
            raise UnmeasuredError("something did change: l9stack was edited during the run")
    yield Figure("extract, nothing changed", "s", tuple(values), AGAIN)
