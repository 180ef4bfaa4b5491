"""What several files of one run show is worked out once in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_RUN: ContextVar[dict[tuple[Any, ...], tuple[Any, ...]] | None] = ContextVar("views of a run", default=None)


@contextmanager
def run_memo() -> Iterator[None]:
    """Views are kept as long as this lasts; outside of any run they are made each time."""
    token = _RUN.set({})
    try:
        yield
    finally:
        _RUN.reset(token)


def memoize(make: Callable[P, T]) -> Callable[P, T]:
    """Make a view once in a run for the same arguments: these are frozen, so no view of them grows stale."""

    @wraps(make)
    def view(*arguments: P.args, **named: P.kwargs) -> T:
        known = _RUN.get()
        if known is None or named:
            return make(*arguments, **named)
        key = (make, *map(id, arguments))
        if key not in known:
            # The arguments are held with it, so that no other value gets one of their ids.
            known[key] = (make(*arguments, **named), arguments)
        found: T = known[key][0]
        return found

    return view
