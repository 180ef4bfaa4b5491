"""A payload in every free place of a collection at once, rendered as users get it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from pathlib import Path

from l9stack.errors import InputError
from l9stack.inputs import Inputs
from l9stack.model.plan import Plan
from l9stack.planning.plan import make_plan
from l9stack.project import Project
from l9stack.reading.collection import read_collection
from l9stack.reading.documents import scalar
from l9stack.reading.meta import read_meta
from l9stack.rendering.tree import render
from tests.hostile.leaves import Leaf
from tests.hostile.payloads import PAYLOADS
from tests.hostile.product import Bench, Case

_NAMES = frozenset({"empty", "invisible-only", "surrogate", "nul", "terminal", "not-characters", "one-long-word"})
"""Payloads that are refused in any place, or say nothing."""
_FREE_KEY = re.compile(r"\.(settings|reasoningengine(\.\w+)*|apis\.\d+|steps\.\d+)\.[^.]+\?\Z")
_FIXED = re.compile(
    r"\.(type|unit|mode|module|rootpath|name|level|rate|reusable|behaviour|implementation|to|when|target|signature|order"
    r"|protocol|primary_protocol|unbound_operations|connection_type|humanoverride|covered|storagetype|structure\.\d+"
    r"|(generatefiles|generatedocs|endpoints|match|hard|linkexisting|response\.\w+|request\.\w+|required\.\w+)(\.\d+)?"
    r"|(assign|send|then|otherwise|optional)\.\w+)\Z"
)
"""Scalars of which a text is refused in any case: trying them takes time, and the product tries them."""


def crowded(folder: Path, collection: Path, meta: Path, first: int = 0) -> tuple[int, Mapping[str, str]]:
    """How many scalars hold a payload, and all files of the tree; payloads are dealt in turn from the `first` on."""
    bench = Bench(folder, collection, meta)
    product = bench.cases()
    names = [name for name in PAYLOADS if name not in _NAMES]
    turn = itertools.islice(itertools.cycle(names), first, None)
    places = [(case.file, case.leaf) for case in next(iter(product.values())) if _is_free(case.leaf)]
    wanted = []
    for (file, leaf), name in zip(places, turn, strict=False):
        wanted.append(Case(file, leaf, name, leaf.text + PAYLOADS[name]))
    taken = _taken(bench, [], wanted)
    bench.write([(case, case.text) for case in taken])
    plan = _planned(bench)
    return len(taken), {artifact.path: artifact.text for artifact in render(plan).artifacts}


def _planned(bench: Bench) -> Plan:
    inputs = Inputs.read(Project(bench.folder), bench.here, str(bench.templates))
    return make_plan(read_collection(inputs), read_meta(inputs.contents.meta))


def _is_free(leaf: Leaf) -> bool:
    if leaf.path.endswith("?"):
        return bool(_FREE_KEY.search(leaf.path))
    return not _FIXED.search(leaf.path) and scalar(leaf.text) == leaf.text


def _taken(bench: Bench, taken: list[Case], wanted: list[Case]) -> list[Case]:
    """`taken`, and those of the wanted cases that the reader and the planner take beside them."""
    if not wanted:
        return taken
    together = [*taken, *wanted]
    if _is_taken(bench, together):
        return together
    if len(wanted) == 1:
        return taken
    half = len(wanted) // 2
    return _taken(bench, _taken(bench, taken, wanted[:half]), wanted[half:])


def _is_taken(bench: Bench, cases: list[Case]) -> bool:
    bench.write([(case, case.text) for case in cases])
    try:
        _planned(bench)
    except InputError:
        return False
    finally:
        bench.restore()
    return True
