"""The product, many cases at a time: what is refused or breaks out is halved until one case stands alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from l9stack.errors import InputError
from tests.hostile.product import Bench, Case
from tests.hostile.skeletons import BreakoutError

TOGETHER = 40
"""Cases of one payload that are rendered at once."""
_TRIES = 3
"""A scalar that has been refused so often, and never taken, is tried alone from then on."""


@dataclass
class Tally:
    """What became of the cases."""

    asked: int = 0
    rendered: int = 0
    refused: int = 0
    broken: list[str] = field(default_factory=list)
    scalars: int = 0
    payloads: int = 0

    @property
    def done(self) -> int:
        """Cases that were tried."""
        return self.rendered + self.refused + len(self.broken)

    def __str__(self) -> str:
        return (
            f"{self.done} of {self.asked} cases ({self.payloads} payloads, {self.scalars} scalars): "
            f"{self.rendered} rendered and harmless, {self.refused} refused with a place, {len(self.broken)} broke out"
        )


def search(
    folder: Path,
    *,
    seed: int,
    goes_on: Callable[[Tally], bool] = lambda tally: True,
    only: str = "",
    each: int | None = None,
    told: Callable[[str], None] = lambda line: None,
) -> Tally:
    """Try the cases whose names have the part `only`, payload by payload, for as long as `goes_on` says so.

    `each` is how many cases of a payload are tried, in its place and behind another text; all where it is None.
    """
    bench, order = Bench(folder), random.Random(seed)
    product = {name: [case for case in cases if only in case.name] for name, cases in bench.cases().items()}
    product = {
        name: order.sample(cases, min(each or len(cases), len(cases))) for name, cases in product.items() if cases
    }
    tally = Tally(asked=sum(map(len, product.values())), payloads=len({name.lstrip("+") for name in product}))
    tally.scalars = len({(case.file, case.leaf.path) for cases in product.values() for case in cases})
    taken: Counter[tuple[str, str]] = Counter()
    rounds = [
        [cases[at : at + TOGETHER] for cases in product.values() if cases[at:]]
        for at in range(0, max(map(len, product.values()), default=0), TOGETHER)
    ]
    # In rounds over all payloads: a run that its time ends has tried each of them in as many places.
    for group in (group for groups in rounds for group in order.sample(groups, len(groups))):
        alone = [case for case in group if taken[case.file, case.leaf.path] <= -_TRIES]
        groups = [[case] for case in alone] + [[case for case in group if case not in alone]]
        while groups:
            if not goes_on(tally):
                return tally
            _try(bench, groups, tally, taken, told)
    return tally


def _try(
    bench: Bench,
    groups: list[list[Case]],
    tally: Tally,
    taken: Counter[tuple[str, str]],
    told: Callable[[str], None],
) -> None:
    if not (group := groups.pop()):
        return
    try:
        refused = isinstance(bench.run(group), InputError)
    except BreakoutError as error:
        if len(group) == 1:
            tally.broken.append(str(error))
            told(f"BREAKOUT {error}")
            return
        refused = True
    if refused and len(group) > 1:
        half = len(group) // 2
        groups += [group[:half], group[half:]]
    elif refused:
        tally.refused += 1
        taken[group[0].file, group[0].leaf.path] -= 1
    else:
        tally.rendered += len(group)
        for case in group:
            taken[case.file, case.leaf.path] = 1000
