"""Renders one share of the plan that another process of ours hands in, and leaves the files where it wants them."""

from __future__ import annotations

import gc
import pickle
import sys
from pathlib import Path

from l9stack.errors import InputError, Problem
from l9stack.rendering.parallel import Files, partition
from l9stack.rendering.tree import files_of


def main() -> None:
    """The arguments are a path, the number of the share and the count of shares; the plan comes by standard input.

    What is left is the files, or the problems of a user's own template.
    """
    gc.disable()  # a short life, in which hardly anything becomes garbage
    target, number, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    plan = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own process
    left: Files | tuple[Problem, ...]
    try:
        left = files_of(plan, partition(plan, number, count))
    except InputError as error:
        left = error.problems
    target.write_bytes(pickle.dumps(left))


if __name__ == "__main__":
    main()
