"""`l9 up` and `l9 preview`, each beside the same number of empty resources on the bare engine, in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.bench.engine import Bare, Counts
from tests.bench.figures import Figure, Goal
from tests.bench.scratch import Scratch
from tests.bench.workshop import Workshop

WITHIN = Goal(2.0, relative=True)
Pair = tuple[float, float]


def deployment(shop: Workshop) -> Iterator[Figure]:
    """First `up` with the extraction known, `up` and `preview` where nothing changed, and `up` from nothing."""
    project = shop.extracted()
    project.forget_stacks()
    pairs: list[Pair] = []
    counts: Counts | None = None
    bare: Bare | None = None
    for number in shop.clock.rounds(2, share=0.3):
        if number:
            project.forget_stacks()
        ours = project.timed("up")
        shop.keep(project, is_deployed=True)
        counts = counts or Counts.of(project, shop.say)
        bare = Bare(shop.folder("bare"), counts, shop.say)
        pairs.append(_told(shop, "first up, extraction known", (ours, bare.up())))
    assert counts is not None and bare is not None
    size = f"{counts.dynamic} resources, {counts.components} components"
    yield _figure(f"up, first, extraction known ({size})", pairs)
    yield _figure("up, nothing changed", _pairs(shop, "no-op up", lambda: project.timed("up"), bare.up))
    yield _figure("preview, nothing changed", _pairs(shop, "preview", lambda: project.timed("preview"), bare.preview))
    yield _figure("up, from nothing: extraction, servers, agents", [_from_nothing(shop, shop.fresh(), counts)])


def _from_nothing(shop: Workshop, project: Scratch, counts: Counts) -> Pair:
    ours = project.timed("up")
    shop.drop(project)
    return _told(shop, "up from nothing", (ours, Bare(shop.folder("bare"), counts, shop.say).up()))


def _pairs(shop: Workshop, name: str, ours: Callable[[], float], bare: Callable[[], float]) -> list[Pair]:
    return [_told(shop, name, (ours(), bare())) for _ in shop.clock.rounds(3, share=0.2)]


def _told(shop: Workshop, name: str, pair: Pair) -> Pair:
    shop.say(f"{name}: {pair[0]:.1f} s, bare engine {pair[1]:.1f} s")
    return pair


def _figure(name: str, pairs: list[Pair]) -> Figure:
    return Figure(name, "s", tuple(pair[0] for pair in pairs), WITHIN, tuple(pair[1] for pair in pairs))
