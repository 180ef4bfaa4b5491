"""`python -m tests.hostile`: the full product of payloads and scalars, in a bounded time, with a printed count."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.hostile.search import search


def main() -> int:
    """Run the cases until they or the time end; 1 where a payload broke out."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="stop after this time (600)")
    parser.add_argument(
        "--seed", type=int, default=0, help="order of the payloads, and which cases are run at once (0)"
    )
    parser.add_argument("--only", default="", help="cases whose name has this part")
    parser.add_argument("--most", type=int, default=20, help="end after so many breakouts (20)")
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="l9-hostile-") as name:
        found = search(
            Path(name),
            seed=arguments.seed,
            goes_on=lambda tally: time.monotonic() - began < arguments.seconds and len(tally.broken) < arguments.most,
            only=arguments.only,
            told=lambda line: print(line, flush=True),
        )
    print(f"{found} in {time.monotonic() - began:.0f} s")
    return bool(found.broken)


if __name__ == "__main__":
    sys.exit(main())
